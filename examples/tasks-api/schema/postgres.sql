create table if not exists tasks (
    id uuid primary key,
    owner uuid not null,
    title varchar(200) not null,
    done boolean not null default false
);
create index if not exists tasks_owner on tasks (owner, id);
