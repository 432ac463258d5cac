alter table users add column image varchar(2048);
