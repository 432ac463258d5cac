create table users (
    id blob not null primary key check (length(id) = 16),
    email text not null,
    email_key text not null unique,
    name text,
    password_hash text,
    created_at integer not null,
    updated_at integer not null
) strict, without rowid;
