package dev.plinth.bank.audit;

/** One side of a transfer: what the payer's database or the payee's says about it. */
record Leg(String id, String xid, long cents) {}
