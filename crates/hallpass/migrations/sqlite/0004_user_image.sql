alter table users add column image text;
