-- The keys of asymmetric signing. A row is never deleted: its number is never
-- given out again, and what remains after its end is the public half.
create table signing_keys (
    id text not null primary key check (length(id) = 43),
    algorithm text not null check (algorithm in ('EdDSA', 'ES256')),
    generation bigint not null check (generation > 0),
    public_key bytea not null,
    sealed_private_key bytea,
    created_at timestamptz not null,
    signs_from timestamptz not null,
    retired_at timestamptz,
    unique (algorithm, generation),
    check (retired_at is null or sealed_private_key is null)
);

-- Since when servers sign by keys, or by the shared secret again.
create table signing_eras (
    generation bigint not null primary key check (generation > 0),
    by_keys boolean not null,
    began_at timestamptz not null
);
