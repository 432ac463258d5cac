-- RSA keys: their public half is the modulus, 3072 bits; the exponent is 65537.
-- SQLite cannot change a check, so the table is made anew with all its rows.
alter table signing_keys rename to signing_keys_before_rs256;
create table signing_keys (
    id text not null primary key check (length(id) = 43),
    algorithm text not null check (algorithm in ('EdDSA', 'ES256', 'RS256')),
    generation integer not null check (generation > 0),
    public_key blob not null,
    sealed_private_key blob,
    created_at integer not null,
    signs_from integer not null,
    retired_at integer,
    unique (algorithm, generation),
    check (retired_at is null or sealed_private_key is null)
) strict, without rowid;
insert into signing_keys
    (id, algorithm, generation, public_key, sealed_private_key, created_at, signs_from, retired_at)
select id, algorithm, generation, public_key, sealed_private_key, created_at, signs_from, retired_at
from signing_keys_before_rs256;
drop table signing_keys_before_rs256;
