-- RSA keys: their public half is the modulus, 3072 bits; the exponent is 65537.
alter table signing_keys drop constraint signing_keys_algorithm_check;
alter table signing_keys add constraint signing_keys_algorithm_check
    check (algorithm in ('EdDSA', 'ES256', 'RS256'));
