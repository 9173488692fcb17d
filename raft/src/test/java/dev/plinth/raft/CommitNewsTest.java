package dev.plinth.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CommitNewsTest {
    private final AtomicInteger told = new AtomicInteger();
    private final CommitNews news = new CommitNews(told::incrementAndGet);

    @Test
    void a_lone_forwarded_batch_is_told_of_when_it_is_committed() {
        news.ordered();
        assertThat(told).hasValue(0);
        news.settled(true, true);
        assertThat(told).hasValue(1);
    }

    @Test
    void while_another_batch_is_under_way_its_entries_bring_the_news() {
        news.ordered();
        news.ordered();
        news.settled(true, true);
        assertThat(told).hasValue(0);
        news.settled(true, false);
        assertThat(told).hasValue(1);
    }

    @Test
    void what_the_leader_proposed_itself_is_waited_for_by_no_follower() {
        news.ordered();
        news.settled(true, false);
        assertThat(told).hasValue(0);
    }

    @Test
    void a_batch_that_was_not_committed_is_no_news() {
        news.ordered();
        news.settled(false, true);
        assertThat(told).hasValue(0);
    }
}
