create table if not exists tasks (
    id blob primary key,
    owner blob not null,
    title text not null,
    done integer not null default 0
) strict;
create index if not exists tasks_owner on tasks (owner, id);
