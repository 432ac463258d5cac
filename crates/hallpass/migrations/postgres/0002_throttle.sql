create table throttle (
    subject bytea not null primary key check (length(subject) = 32),
    hits bigint not null,
    ends_at timestamptz not null
);

create index throttle_ends_at on throttle (ends_at);
