/**
 * The door for Seata's clients: their wire protocol on a port, turned into the coordinator's commands, and its outcomes into answers.
 *
 * <p>Start with {@link dev.plinth.transactions.door.seata.SeataDoor} (opens the port), then {@code ClientConnection} (one client's
 * channel), {@code ClientRequests} (which message becomes which command, and which outcome which answer), and {@link
 * dev.plinth.transactions.door.seata.SeataParticipants} (finds the resource manager for a phase two and pairs its answer).
 *
 * <p>The door decides nothing. What it knows (who is connected, which resources they serve, what is on its way) lives as long as the
 * connections do, and clients bring it back when they reconnect.
 *
 * <h2>Duplicates, message by message</h2>
 *
 * Seata's messages have no command ids: a client that saw no answer cannot say "this is the same one again". What happens then is
 * what happens with Seata's own server:
 *
 * <ul>
 *   <li><b>GlobalBegin</b>: begins another transaction. The first one has no branches, and its time-out ends it.
 *   <li><b>BranchRegister</b>: adds another branch; the locks are the transaction's own already. In phase two the participant is
 *       asked about a branch it has never heard of, and answers that it is done: AT finds no undo record, TCC an empty rollback.
 *   <li><b>BranchReport</b>: changes nothing more.
 *   <li><b>GlobalCommit, GlobalRollback</b>: the first decision stands; the answer is the status as it is then, {@code Finished} for
 *       a transaction that has left.
 *   <li><b>GlobalReport</b>: the status as it is then.
 *   <li><b>GlobalStatus, GlobalLockQuery</b>: reads.
 *   <li><b>RegisterTM, RegisterRM</b>: the first one of a channel says who the client is; resources add up while the channel lives.
 *   <li><b>BranchCommit, BranchRollback</b> (to the resource manager): sent at least once, perhaps to several clients of the same
 *       resource; the resource manager must bear repetition. An answer counts once, for the request it names by id, XID and branch.
 *   <li><b>UndoLogDelete</b> (to the resource manager): goes one way; deleting twice deletes nothing more.
 * </ul>
 *
 * <h2>A decision is answered with its truth or not at all</h2>
 *
 * Seata's clients read the status in the answer to GlobalCommit and ignore its result code; any status they do not expect they take
 * for success. So a commit or rollback that could not be made durable gets no answer: the client's time-out (30 s) expires and it
 * asks again, five times by default. Everything else that cannot be done is answered with a failure that says why.
 */
@NullMarked
package dev.plinth.transactions.door.seata;

import org.jspecify.annotations.NullMarked;
