-- The keys of asymmetric signing. A row is never deleted: its number is never
-- given out again, and what remains after its end is the public half.
create table signing_keys (
    id text not null primary key check (length(id) = 43),
    algorithm text not null check (algorithm in ('EdDSA', 'ES256')),
    generation integer not null check (generation > 0),
    public_key blob not null,
    sealed_private_key blob,
    created_at integer not null,
    signs_from integer not null,
    retired_at integer,
    unique (algorithm, generation),
    check (retired_at is null or sealed_private_key is null)
) strict, without rowid;
