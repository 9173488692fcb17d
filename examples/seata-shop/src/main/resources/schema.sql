-- A shop's two schemas. The undo log is Seata's script/client/at/db/postgresql.sql, once in each.
CREATE SCHEMA orders;
CREATE TABLE orders.orders (id BIGINT PRIMARY KEY, item VARCHAR(64) NOT NULL, pieces INT NOT NULL);
CREATE TABLE orders.undo_log (id SERIAL NOT NULL, branch_id BIGINT NOT NULL, xid VARCHAR(128) NOT NULL,
  context VARCHAR(128) NOT NULL, rollback_info BYTEA NOT NULL, log_status INT NOT NULL,
  log_created TIMESTAMP(0) NOT NULL, log_modified TIMESTAMP(0) NOT NULL, PRIMARY KEY (id), UNIQUE (xid, branch_id));
CREATE SCHEMA stock;
CREATE TABLE stock.stock (item VARCHAR(64) PRIMARY KEY, pieces INT NOT NULL);
CREATE TABLE stock.undo_log (id SERIAL NOT NULL, branch_id BIGINT NOT NULL, xid VARCHAR(128) NOT NULL,
  context VARCHAR(128) NOT NULL, rollback_info BYTEA NOT NULL, log_status INT NOT NULL,
  log_created TIMESTAMP(0) NOT NULL, log_modified TIMESTAMP(0) NOT NULL, PRIMARY KEY (id), UNIQUE (xid, branch_id));
INSERT INTO stock.stock VALUES ('apple', 100), ('pear', 100);
