package dev.plinth.acceptance.seata;

import java.io.IOException;
import java.util.List;

/** The servers that an application's transactions are coordinated by: one, or three that run as one. */
interface CoordinatorHouse extends AutoCloseable {

    /** Their Seata doors, as a client's list of addresses. */
    String seata();

    /** Their HTTP doors, as Seata's Raft clients take them. */
    String http();

    /** Kills with -9 who coordinates; nobody does when this returns. */
    void kill() throws IOException;

    /** After this somebody coordinates again: the one who was killed, or another. */
    void goOn() throws IOException;

    /** The Seata doors of those who were killed and are away still. */
    List<String> gone();

    /** Starts what was killed and is away still; after this the house is as it was. */
    void mend() throws IOException;

    @Override
    void close();
}
