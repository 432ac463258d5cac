create table users (
    id uuid not null primary key,
    email varchar(255) not null,
    email_key varchar(255) not null unique,
    name varchar(255),
    password_hash varchar(255),
    created_at timestamptz not null,
    updated_at timestamptz not null
);

-- Hallpass writes `updated_at` itself. The trigger is for everybody else who
-- updates a row by hand and forgets.
create function hallpass_touch_updated_at() returns trigger
language plpgsql as $$
begin
    if new.updated_at is not distinct from old.updated_at then
        new.updated_at = clock_timestamp();
    end if;
    return new;
end
$$;

create trigger users_touch_updated_at
before update on users
for each row execute function hallpass_touch_updated_at();
