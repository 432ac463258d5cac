create table throttle (
    subject blob not null primary key check (length(subject) = 32),
    hits integer not null,
    ends_at integer not null
) strict, without rowid;

create index throttle_ends_at on throttle (ends_at);
