package dev.plinth.sdk.outbox;

/**
 * A message on its way out.
 *
 * @param id the same each time that it is published; by it a consumer tells repetitions
 * @param topic where it goes
 * @param key what it is about; maybe empty
 * @param payload as its writer gave it
 */
@SuppressWarnings("ArrayRecordComponent") // it is handed on, never compared
public record Message(String id, String topic, String key, byte[] payload) {}
