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

-- Since when servers sign by keys, or by the shared secret again.
create table signing_eras (
    generation integer not null primary key check (generation > 0),
    by_keys integer not null check (by_keys in (0, 1)),
    began_at integer not null
) strict, without rowid;
