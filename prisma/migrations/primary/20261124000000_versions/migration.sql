-- Yeti's audit log, as paper_trail writes it.
CREATE TABLE gui.versions (
  id serial NOT NULL,
  item_type varchar(255) NOT NULL,
  item_id bigint NOT NULL,
  event varchar(255) NOT NULL,
  whodunnit varchar(255),
  object text,
  created_at timestamptz,
  ip varchar(255),
  object_changes text,
  txid bigint DEFAULT txid_current(),
  CONSTRAINT versions_pkey PRIMARY KEY (id)
);
CREATE INDEX index_versions_on_item_type_and_item_id ON gui.versions (item_type, item_id);
