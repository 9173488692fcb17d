/**
 * The three ideas of the house: the engine decides, the journal orders and stores, the door speaks.
 *
 * <p>Start with {@link dev.plinth.kernel.Engine} (what a feature writes), then {@link dev.plinth.kernel.Partition} (what runs
 * it), then {@link dev.plinth.kernel.Journal} (what feeds it: {@code LocalJournal} on one machine's disk, or {@link
 * dev.plinth.kernel.Inbox} for soft state). A request's way is {@code door → command → journal → engine → outcome → door};
 * what has to happen elsewhere because of it is {@code engine → effect → performer → command}; what others want to know is
 * {@code engine → watch → door → push}.
 */
@NullMarked
package dev.plinth.kernel;

import org.jspecify.annotations.NullMarked;
