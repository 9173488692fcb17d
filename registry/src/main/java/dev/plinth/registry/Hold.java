package dev.plinth.registry;

/**
 * One stream's hold on a session. Once another stream has resumed the session, the hold is void: what was still on its way in the
 * broken stream cannot undo what the new one said.
 *
 * @param stream the index of the entry that opened or resumed the session
 */
public record Hold(SessionId session, long stream) {}
