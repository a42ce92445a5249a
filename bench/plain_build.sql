-- The ticket marts of the warehouse, by hand: one script over all delivered files, whole, without dbt.
-- Definitions are those of dbt/models; {raw} and {home} are put in by bench/build.py. Times are local.
--
-- 1  calendar, working clock and time limits, from the seeds
-- 2  newest delivered version of every ticket, event and call; deleted ones end here
-- 3  events: status, holder and time in the status
-- 4  what a ticket's events and calls say about it
-- 5  time limits that extensions and suspensions have moved
-- 6  tickets and their metrics
-- 7  counts: backlog, volume, topics, indicators

---------------------------------------------------------------------------------------------------------------------
-- 1  Calendar, working clock, time limits
---------------------------------------------------------------------------------------------------------------------

create temp macro seed(name) as table
    select * from read_csv('{home}/dbt/seeds/' || name || '.csv', header = true, all_varchar = true);

create temp macro second_of_day(instant) as (epoch_us(instant) // 1000000) % 86400;

-- The clock of a calendar runs in its hours only. Its reading at a second of a day, of which it is known what the clock
-- showed before it (seconds_before) and when its up to three periods begin and end. Factors are cheaper than least().
create temp macro clock(second, seconds_before, begin_1, end_1, begin_2, end_2, begin_3, end_3) as
    seconds_before
    + (second - begin_1) * (second > begin_1)::bigint - (second - end_1) * (second > end_1)::bigint
    + (second - begin_2) * (second > begin_2)::bigint - (second - end_2) * (second > end_2)::bigint
    + (second - begin_3) * (second > begin_3)::bigint - (second - end_3) * (second > end_3)::bigint;

create temp table working_day as
with days as (
    select
        calendars.code as calendar,
        dates.date_day,
        case
            when calendars.follows_state_council = 'true' and notices.day_kind in ('holiday', 'make_up_workday')
                then notices.day_kind
            else isodow(dates.date_day)::varchar
        end as day_type
    from seed('calendar/working_calendars') as calendars
    cross join (
        select unnest(generate_series(date '2004-01-01', date '2026-12-31', interval 1 day))::date as date_day
    ) as dates
    left join seed('calendar/state_council_days') as notices on dates.date_day = notices.date_day::date
),
periods as (
    select
        days.calendar,
        days.date_day,
        left(hours.starts_at, 2)::bigint * 3600 + substring(hours.starts_at, 4, 2)::bigint * 60 as period_from,
        left(hours.ends_at, 2)::bigint * 3600 + substring(hours.ends_at, 4, 2)::bigint * 60 as period_to,
        row_number() over (partition by days.calendar, days.date_day order by hours.starts_at) as place
    from days
    left join seed('calendar/working_periods') as hours
        on days.calendar = hours.calendar
        and days.day_type = hours.day_type
        and days.date_day >= hours.valid_from::date
        and days.date_day < coalesce(hours.valid_to::date, date '9999-12-31')
),
daily as (
    select
        calendar,
        date_day,
        coalesce(max(period_from) filter (where place = 1), 0) as begin_1,
        coalesce(max(period_to) filter (where place = 1), 0) as end_1,
        coalesce(max(period_from) filter (where place = 2), 0) as begin_2,
        coalesce(max(period_to) filter (where place = 2), 0) as end_2,
        coalesce(max(period_from) filter (where place = 3), 0) as begin_3,
        coalesce(max(period_to) filter (where place = 3), 0) as end_3,
        coalesce(sum(period_to - period_from), 0)::bigint as seconds
    from periods
    group by calendar, date_day
)
select
    *,
    coalesce(sum(seconds) over before, 0)::bigint as seconds_before,
    -- which working day of the calendar: a day off has the number of the working day before it
    count(nullif(seconds, 0)) over (partition by calendar order by date_day) as working_day_number,
    -- a limit that ends with the day, at 24:00, ends a second before, so that it belongs to its day
    seconds_before + seconds - (86400 in (end_1, end_2, end_3))::bigint as last_reading,
    date_day + to_seconds(greatest(end_1, end_2, end_3) - (86400 in (end_1, end_2, end_3))::bigint) as last_instant
from daily
window before as (partition by calendar order by date_day rows between unbounded preceding and 1 preceding);

-- The clock read backwards: which period it is in while it shows clock_from (exclusive) to clock_to (inclusive).
-- The period is found by an asof join (clock_from < reading), and then tells the instant.
create temp macro instant_of(reading, starts_at, clock_from, clock_to) as
    case when reading <= clock_to then starts_at + to_seconds(reading - clock_from) end;

create temp table clock_period as
select
    calendar,
    date_day + to_seconds(begin_1) as starts_at,
    seconds_before as clock_from,
    seconds_before + end_1 - begin_1 as clock_to
from working_day
where end_1 > begin_1
union all
select
    calendar,
    date_day + to_seconds(begin_2),
    seconds_before + end_1 - begin_1,
    seconds_before + end_1 - begin_1 + end_2 - begin_2
from working_day
where end_2 > begin_2
union all
select
    calendar,
    date_day + to_seconds(begin_3),
    seconds_before + end_1 - begin_1 + end_2 - begin_2,
    seconds_before + seconds
from working_day
where end_3 > begin_3;

create temp table limit_rule as
select
    limits.code,
    limits.limited_step,
    limits.platform_code,
    limits.business_type,
    limits.complexity,
    4 * (limits.platform_code is not null)::int + 2 * (limits.business_type is not null)::int
    + (limits.complexity is not null)::int as specificity,
    limits.amount::bigint as amount,
    limits.unit,
    limits.ends_at,
    limits.calendar,
    limits.unit not in ('hours', 'working_hours') and limits.ends_at <> 'to_the_second' as ends_with_the_day,
    coalesce(extensions.amount::bigint, 0) as extension_amount,
    coalesce(extensions.most_extensions::bigint, 0) as most_extensions,
    limits.valid_from::date as valid_from,
    coalesce(limits.valid_to::date, date '9999-12-31') as valid_to
from seed('parameters/time_limits') as limits
left join seed('parameters/time_limit_extensions') as extensions on limits.code = extensions.time_limit_code;

-- For each kind of ticket, and each stretch of time in which no rule begins or ends, the most specific rule.
create temp table time_limit as
with kinds as (
    select platforms.platform_code, types.code as business_type, complexities.code as complexity
    from (
        select code as platform_code from seed('code_lists/platforms')
        union
        select platform_code from limit_rule where platform_code is not null
    ) as platforms
    cross join seed('code_lists/business_types') as types
    cross join seed('code_lists/complexities') as complexities
),
fitting as (
    select
        kinds.platform_code, kinds.business_type, kinds.complexity,
        rules.* exclude (platform_code, business_type, complexity)
    from kinds
    inner join limit_rule as rules
        on coalesce(rules.platform_code, kinds.platform_code) = kinds.platform_code
        and coalesce(rules.business_type, kinds.business_type) = kinds.business_type
        and coalesce(rules.complexity, kinds.complexity) = kinds.complexity
),
stretches as (
    select
        platform_code, business_type, complexity, limited_step, moment as starts_on,
        lead(moment) over (
            partition by platform_code, business_type, complexity, limited_step order by moment
        ) as ends_on
    from (
        select platform_code, business_type, complexity, limited_step, valid_from as moment from fitting
        union
        select platform_code, business_type, complexity, limited_step, valid_to from fitting
    )
)
select fitting.*, stretches.starts_on, stretches.ends_on
from stretches
inner join fitting
    on fitting.platform_code = stretches.platform_code
    and fitting.business_type = stretches.business_type
    and fitting.complexity = stretches.complexity
    and fitting.limited_step = stretches.limited_step
    and stretches.starts_on >= fitting.valid_from
    and stretches.ends_on <= fitting.valid_to
qualify row_number() over (
    partition by
        stretches.platform_code, stretches.business_type, stretches.complexity, stretches.limited_step,
        stretches.starts_on
    order by fitting.specificity desc, fitting.code
) = 1;

-- When a limit that ends with the day ends, by the day on which it began: two lookups less for every ticket.
create temp table deadline as
with limits as materialized (
    select
        rules.code,
        rules.calendar,
        days.date_day as started_on,
        days.working_day_number + rules.amount as last_number
    from limit_rule as rules
    inner join working_day as days on rules.calendar = days.calendar
    where rules.ends_with_the_day
)
select limits.code, limits.started_on, days.last_instant as ends_at
from limits
inner join working_day as days
    on limits.calendar = days.calendar and limits.last_number = days.working_day_number and days.seconds > 0;

---------------------------------------------------------------------------------------------------------------------
-- 2  Newest versions
---------------------------------------------------------------------------------------------------------------------

create temp macro delivered(feed) as table
    select * from read_parquet(
        '{raw}/' || feed || '/*/*/*.parquet',
        union_by_name = true, hive_partitioning = true, hive_types = {'dt': date, 'platform': varchar}
    );

create temp table newest_ticket as
select
    * exclude (dt, platform, due_at, request_text, _file_name, _delivered_at, _file_hash, _row_number, record_status),
    due_at as stated_due_at,
    dt as delivery_day,
    _delivered_at as delivered_at,
    _file_hash as file_hash,
    _row_number as file_row_number,
    coalesce(record_status = 'deleted', false) as is_deleted
from delivered('tickets')
qualify row_number() over (
    partition by ticket_no order by dt desc, _delivered_at desc, _file_hash desc, _row_number desc
) = 1;

-- The day in the ticket number, JT + city (6) + yyyyMMdd (8) + running number (8).
create temp macro ticket_day(ticket_no) as
    coalesce(try_strptime(substring(ticket_no, 9, 8), '%Y%m%d')::date, date '1970-01-01');

create temp view ticket as
select * exclude (is_deleted) from newest_ticket where not is_deleted;

create temp table deleted_ticket as
select ticket_no from newest_ticket where is_deleted;

-- Until when a platform's tickets are known: a daily delivery tells of the days before it.
create temp table known as
select platform as platform_code, max(dt)::timestamp as known_until
from (
    select platform, dt from delivered('tickets')
    union all
    select platform, dt from delivered('ticket_events')
)
group by platform;

create table fct_callback as
with newest as (
    select *
    from delivered('callbacks')
    qualify row_number() over (
        partition by callback_no order by dt desc, _delivered_at desc, _file_hash desc, _row_number desc
    ) = 1
)
select
    callback_no,
    ticket_no,
    called_at,
    callback_phone_key,
    duration_seconds,
    is_connected,
    rating,
    operator_key,
    platform as sender_code,
    dt as delivery_day,
    _file_hash as file_hash,
    _row_number as file_row_number,
    ticket_day(ticket_no) as ticket_day
from newest
where coalesce(record_status <> 'deleted', true) and ticket_no not in (from deleted_ticket);

---------------------------------------------------------------------------------------------------------------------
-- 3  Events
---------------------------------------------------------------------------------------------------------------------

create table fct_ticket_event as
-- few events are delivered twice: to sort only those is cheaper than to sort all
with repeated as materialized (
    select ticket_no, event_seq
    from delivered('ticket_events')
    group by ticket_no, event_seq
    having count(*) > 1
),
newest as (
    select * from delivered('ticket_events') anti join repeated using (ticket_no, event_seq)
    union all
    (
        select *
        from delivered('ticket_events') semi join repeated using (ticket_no, event_seq)
        qualify row_number() over (
            partition by ticket_no, event_seq order by dt desc, _delivered_at desc, _file_hash desc, _row_number desc
        ) = 1
    )
),
marked as (
    select
        events.*,
        -- a closure stands until the ticket is dispatched again or reworked: nothing else opens it
        case when types.status_after = 'closed' then true when types.reopens = 'true' then false end as is_done,
        case when types.status_after in ('closed', 'archived') then types.status_after end as done_status,
        case when types.status_after not in ('closed', 'archived') then types.status_after end as open_status,
        -- '' is nobody's hands; null leaves the ticket where it was
        case types.holder_after when 'actor' then coalesce(events.unit_name, '') when 'nobody' then '' end as holder,
        clock(
            second_of_day(events.occurred_at),
            office.seconds_before,
            office.begin_1, office.end_1, office.begin_2, office.end_2, office.begin_3, office.end_3
        ) as working_clock
    from newest as events
    left join seed('code_lists/event_types') as types on events.event_type = types.code
    left join working_day as office on office.calendar = 'office' and office.date_day = events.occurred_at::date
    where coalesce(events.record_status <> 'deleted', true) and events.ticket_no not in (from deleted_ticket)
),
carried as (
    select
        *,
        last_value(is_done ignore nulls) over life_before as is_done_before,
        last_value(done_status ignore nulls) over life_before as done_status_before,
        last_value(open_status ignore nulls) over life_before as open_status_before,
        last_value(holder ignore nulls) over life_before as holder_before,
        lead(occurred_at) over life as next_at,
        lead(working_clock) over life as next_working_clock
    from marked
    window
        life as (partition by ticket_no order by event_seq),
        life_before as (partition by ticket_no order by event_seq rows between unbounded preceding and 1 preceding)
)
select
    ticket_no,
    event_seq,
    operator_key,
    event_type,
    unit_name,
    result,
    case when is_done_before then done_status_before else open_status_before end as from_status,
    case
        when coalesce(is_done, is_done_before) then coalesce(done_status, done_status_before)
        else coalesce(open_status, open_status_before)
    end as to_status,
    nullif(holder_before, '') as from_unit,
    nullif(coalesce(holder, holder_before), '') as to_unit,
    occurred_at,
    date_diff('second', occurred_at, next_at) as status_seconds,
    next_working_clock - working_clock as status_working_seconds,
    working_clock,
    platform as sender_code,
    dt as delivery_day,
    _file_hash as file_hash,
    _row_number as file_row_number,
    ticket_day(ticket_no) as ticket_day
from carried;

---------------------------------------------------------------------------------------------------------------------
-- 4  What events and calls say of a ticket
---------------------------------------------------------------------------------------------------------------------

-- One pass over all events, for fct_ticket, fct_ticket_metric and the backlog.
create temp table ticket_step as
with events as (
    select
        events.*,
        statuses.time_class,
        -- a ticket without a status is not open: its first status opens it
        coalesce(before.time_class, 'done') = 'done' and statuses.time_class <> 'done' as is_opening,
        coalesce(before.time_class, 'done') <> 'done' and statuses.time_class = 'done' as is_closing,
        before.time_class = 'done' and statuses.time_class <> 'done' as is_reopening
    from fct_ticket_event as events
    left join seed('code_lists/ticket_statuses') as statuses on events.to_status = statuses.code
    left join seed('code_lists/ticket_statuses') as before on events.from_status = before.code
)
select
    ticket_no,

    -- the life of the ticket
    min(occurred_at) filter (where event_type = 'dispatch') as dispatched_at,
    min(occurred_at) filter (where event_type = 'first_contact') as first_contact_at,
    min(occurred_at) filter (where event_type = 'close') as first_closed_at,
    -- the closure in force: one that was taken back by a rework or a new dispatch closed nothing
    case
        when max_by(to_status, event_seq) in ('closed', 'archived')
            then max_by(occurred_at, event_seq) filter (where event_type = 'close')
    end as closed_at,
    min(occurred_at) filter (where event_type = 'callback') as callback_recorded_at,
    bool_or(event_type = 'instant_answer') as is_instant_answer,
    max(occurred_at) as last_event_at,

    -- response
    min(occurred_at) filter (where event_type = 'accept') as accept_recorded_at,
    min(occurred_at) filter (where event_type in ('dispatch', 'instant_answer')) as answered_at,
    min(working_clock) filter (where event_type = 'accept') as accepted_clock,
    min(working_clock) filter (where event_type in ('dispatch', 'instant_answer')) as answered_clock,
    min(working_clock) filter (where event_type = 'dispatch') as dispatched_clock,
    min(working_clock) filter (where event_type = 'first_contact') as contacted_clock,

    -- time in each class of status
    coalesce(sum(status_seconds) filter (where time_class = 'centre'), 0)::bigint as centre_seconds,
    coalesce(sum(status_seconds) filter (where time_class = 'transit'), 0)::bigint as transit_seconds,
    coalesce(sum(status_seconds) filter (where time_class = 'handling'), 0)::bigint as handling_seconds,
    coalesce(sum(status_seconds) filter (where time_class = 'suspended'), 0)::bigint as suspended_seconds,
    coalesce(sum(status_working_seconds) filter (where time_class = 'centre'), 0)::bigint
        as centre_working_seconds,
    coalesce(sum(status_working_seconds) filter (where time_class = 'transit'), 0)::bigint
        as transit_working_seconds,
    coalesce(sum(status_working_seconds) filter (where time_class = 'handling'), 0)::bigint
        as handling_working_seconds,
    coalesce(sum(status_working_seconds) filter (where time_class = 'suspended'), 0)::bigint
        as suspended_working_seconds,

    -- counts
    (count(*) filter (where event_type in ('dispatch', 'redispatch')))::int as assignment_count,
    (count(*) filter (where event_type = 'return'))::int as return_count,
    (count(*) filter (where event_type = 'rework'))::int as rework_count,
    (count(*) filter (where event_type = 'urge'))::int as urge_count,
    (count(*) filter (where event_type = 'supervise'))::int as supervision_count,
    (count(*) filter (where is_reopening))::int as reopen_count,

    -- which tickets need a closer look
    count(*) filter (
        where to_unit is not null and event_type <> 'accept' and to_unit is distinct from from_unit
    ) as takes,
    bool_or(event_type = 'extension' or to_status = 'suspended') as is_limit_touched,

    -- open from and until, for those that were opened once only
    count(*) filter (where is_opening) as openings,
    min(occurred_at) filter (where is_opening) as opened_at,
    min_by(occurred_at, event_seq) filter (where is_closing) as turned_at
from events
group by ticket_no;

-- Who took a ticket after whom. The centre's acceptance hands nothing over, and a unit that is given again a ticket
-- that it returned has not handed it over.
create temp table ticket_handover as
with takes as (
    select
        ticket_no,
        event_seq,
        to_unit,
        lag(to_unit) over (partition by ticket_no order by event_seq) as unit_before
    from fct_ticket_event
    where
        to_unit is not null and event_type <> 'accept' and to_unit is distinct from from_unit
        and ticket_no in (select ticket_no from ticket_step where takes > 1)
),
holders as (
    select
        ticket_no,
        to_unit,
        unit_before,
        lag(to_unit, 2) over (partition by ticket_no order by event_seq) as unit_before_that
    from takes
    where unit_before is null or to_unit <> unit_before
)
select
    ticket_no,
    count(unit_before)::int as handover_count,
    (count(*) filter (where to_unit = unit_before_that))::int as ping_pong_count
from holders
group by ticket_no;

-- A result names a code by the code itself, its Chinese name or one of its aliases.
create temp table result_name as
with lists as (
    select 'rate' as event_type, code, name_zh, aliases, is_satisfied::boolean as is_satisfied, null as is_liable,
        null as is_passed, null as is_reclassified
    from seed('code_lists/ratings') where is_rated = 'true'
    union all
    select 'return', code, name_zh, aliases, null, is_liable::boolean, null, null from seed('code_lists/return_reasons')
    union all
    select 'review', code, name_zh, aliases, null, null, is_passed::boolean, is_reclassified::boolean
    from seed('code_lists/review_results')
)
select distinct event_type, result, code, is_satisfied, is_liable, is_passed, is_reclassified
from lists, unnest([code, name_zh] || string_split(coalesce(aliases, ''), '|')) as names (result)
where result <> '';

create temp table ticket_result as
with results as (
    select
        events.ticket_no,
        events.event_seq,
        events.event_type,
        names.is_liable,
        names.is_passed,
        names.is_reclassified,
        -- only a rate event that names a rating has these: the unreadable neither changes nor takes back a rating
        case when events.event_type = 'rate' then names.code end as rating,
        names.is_satisfied,
        lag(case when events.event_type = 'rate' then names.code end ignore nulls) over life as previous_rating,
        lag(names.is_satisfied ignore nulls) over life as was_satisfied,
        max(events.event_seq) filter (where events.event_type = 'fix' or names.is_satisfied)
            over (partition by events.ticket_no) as last_fixed_seq
    from fct_ticket_event as events
    left join result_name as names on events.event_type = names.event_type and events.result = names.result
    where events.event_type in ('rate', 'fix', 'return', 'review')
    window life as (partition by events.ticket_no order by events.event_seq)
)
select
    ticket_no,
    min_by(rating, event_seq) as first_rating,
    max_by(rating, event_seq) as latest_rating,
    (count(*) filter (where rating <> previous_rating))::int as rating_changes,
    (count(*) filter (where was_satisfied and not is_satisfied))::int as good_to_bad_count,
    (count(*) filter (where not was_satisfied and is_satisfied))::int as bad_to_good_count,
    (count(*) filter (where not is_satisfied))::int as bad_review_count,
    (count(*) filter (where not is_satisfied and event_seq < last_fixed_seq))::int as bad_review_fixed_count,
    (count(*) filter (where is_liable))::int as liable_return_count,
    (count(*) filter (where event_type = 'review'))::int as review_count,
    (count(*) filter (where not is_passed))::int as failed_review_count,
    coalesce(bool_or(is_reclassified), false) as is_reclassified
from results
group by ticket_no;

-- The telephone system's own log; the latest rating given in a call counts.
create temp table ticket_call as
select
    calls.ticket_no,
    min(calls.called_at) as called_back_at,
    max_by(ratings.is_satisfied::boolean, (calls.called_at, calls.callback_no)) filter (where ratings.is_rated = 'true')
        as is_satisfied_in_call
from fct_callback as calls
left join seed('code_lists/ratings') as ratings on calls.rating = ratings.code
where calls.is_connected
group by calls.ticket_no;

-- When the same caller came with the same matter before. Null keys would make strangers one caller.
create temp table ticket_repeat as
select
    ticket_no,
    lag(accepted_at) over (
        partition by platform_code, caller_key, category, subcategory order by accepted_at, ticket_no
    ) as same_matter_before_at,
    lag(accepted_at) over (
        partition by platform_code, caller_key, category, subcategory, enterprise_name order by accepted_at, ticket_no
    ) as same_incident_before_at
from ticket
where caller_key is not null
qualify same_matter_before_at is not null;

---------------------------------------------------------------------------------------------------------------------
-- 5  Moved time limits
---------------------------------------------------------------------------------------------------------------------

-- Tickets that were extended or suspended, and those whose limit is counted by the second: these go by the clock.
create temp table clocked_ticket as
with ruled as (
    select
        tickets.ticket_no,
        tickets.accepted_at,
        tickets.stated_due_at,
        limits.code,
        limits.amount,
        limits.unit,
        limits.ends_with_the_day,
        limits.extension_amount,
        limits.most_extensions,
        -- where no rule holds, the stated time does, and every second of a suspension counts
        coalesce(limits.calendar, 'always') as calendar
    from ticket as tickets
    left join time_limit as limits
        on tickets.platform_code = limits.platform_code
        and tickets.business_type = limits.business_type
        and coalesce(tickets.complexity, 'ordinary') = limits.complexity
        and tickets.accepted_at >= limits.starts_on
        and tickets.accepted_at < limits.ends_on
        and limits.limited_step = 'close'
    where
        not limits.ends_with_the_day
        or tickets.ticket_no in (select ticket_no from ticket_step where is_limit_touched)
)
select
    ruled.*,
    start.working_day_number,
    clock(
        second_of_day(ruled.accepted_at),
        start.seconds_before, start.begin_1, start.end_1, start.begin_2, start.end_2, start.begin_3, start.end_3
    ) as started_clock
from ruled
left join working_day as start on start.calendar = ruled.calendar and start.date_day = ruled.accepted_at::date;

-- Extensions and suspensions in their order: each counts when the limit, as those before have moved it, has not passed.
create temp table limit_step as
with timed as (
    select
        tickets.*,
        events.event_seq,
        events.event_type = 'extension' as is_extension,
        events.to_status = 'suspended' as is_suspension,
        coalesce(events.from_status = 'suspended', false) as is_continued,
        events.occurred_at,
        events.occurred_at + to_seconds(events.status_seconds) as ended_at,
        clock(
            second_of_day(events.occurred_at + to_seconds(events.status_seconds)),
            till.seconds_before, till.begin_1, till.end_1, till.begin_2, till.end_2, till.begin_3, till.end_3
        ) - clock(
            second_of_day(events.occurred_at),
            since.seconds_before, since.begin_1, since.end_1, since.begin_2, since.end_2, since.begin_3, since.end_3
        ) as step_clock
    from fct_ticket_event as events
    inner join clocked_ticket as tickets on events.ticket_no = tickets.ticket_no
    left join working_day as since on since.calendar = tickets.calendar and since.date_day = events.occurred_at::date
    left join working_day as till
        on till.calendar = tickets.calendar
        and till.date_day = (events.occurred_at + to_seconds(events.status_seconds))::date
    where events.event_type = 'extension' or events.to_status = 'suspended'
),
counted as (
    select
        *,
        count(*) filter (where is_extension) over earlier as extensions_before,
        amount
        + extension_amount * least(count(*) filter (where is_extension) over earlier, most_extensions) as amount_before,
        coalesce(sum(step_clock) filter (where is_suspension) over earlier, 0)::bigint as paused_before,
        max(occurred_at) filter (where is_suspension and not is_continued) over (
            partition by ticket_no order by event_seq
        ) as suspended_since
    from timed
    window earlier as (partition by ticket_no order by event_seq rows between unbounded preceding and 1 preceding)
),
read as (
    select
        counted.*,
        paused_before + case
            when unit in ('hours', 'working_hours') then started_clock + amount_before * 3600
            when ends_with_the_day then last_day.last_reading
            else started_clock + amount_before * 86400
        end as reading
    from counted
    left join working_day as last_day
        on last_day.calendar = counted.calendar
        and last_day.working_day_number = counted.working_day_number + counted.amount_before
        and last_day.seconds > 0
)
select
    read.*,
    -- once the limit has passed nothing counts; a suspension that goes on counts as its beginning does
    bool_and(
        is_continued
        or coalesce(
            occurred_at <= coalesce(
                instant_of(reading, hours.starts_at, hours.clock_from, hours.clock_to),
                stated_due_at + to_seconds(paused_before)
            ),
            false
        )
    ) over (partition by ticket_no order by event_seq) as is_in_time
from read
asof left join clock_period as hours on read.calendar = hours.calendar and read.reading > hours.clock_from;

create temp table clocked_limit as
with moves as (
    select
        ticket_no,
        count(*) filter (where is_extension and extensions_before < most_extensions and is_in_time) as extension_count,
        coalesce(sum(step_clock) filter (where is_suspension and is_in_time), 0)::bigint as paused_clock,
        max(suspended_since) filter (where is_suspension and ended_at is null) as suspended_since,
        coalesce(bool_or(is_in_time) filter (where is_suspension and ended_at is null), false) as is_waiting
    from limit_step
    group by ticket_no
),
moved as (
    select
        tickets.*,
        coalesce(moves.extension_count, 0) as extension_count,
        coalesce(moves.paused_clock, 0) as paused_clock,
        moves.suspended_since,
        coalesce(moves.is_waiting, false) as is_waiting,
        amount + extension_amount * coalesce(moves.extension_count, 0) as whole_amount
    from clocked_ticket as tickets
    left join moves on tickets.ticket_no = moves.ticket_no
),
read as (
    select
        moved.*,
        case
            when unit in ('hours', 'working_hours') then started_clock + whole_amount * 3600
            when ends_with_the_day then last_day.last_reading
            else started_clock + whole_amount * 86400
        end as reading
    from moved
    left join working_day as last_day
        on last_day.calendar = moved.calendar
        and last_day.working_day_number = moved.working_day_number + moved.whole_amount
        and last_day.seconds > 0
),
ended as (
    select
        read.*,
        coalesce(
            instant_of(reading, hours.starts_at, hours.clock_from, hours.clock_to), stated_due_at
        ) as limit_ends_at,
        case when paused_clock > 0 then reading + paused_clock end as moved_reading
    from read
    asof left join clock_period as hours on read.calendar = hours.calendar and read.reading > hours.clock_from
)
select
    ended.ticket_no,
    ended.code,
    ended.extension_count::int as extension_count,
    ended.suspended_since,
    ended.limit_ends_at,
    -- a ticket that waits since before its limit has none until it goes on
    case
        when not is_waiting
            then coalesce(
                instant_of(moved_reading, hours.starts_at, hours.clock_from, hours.clock_to),
                limit_ends_at + to_seconds(paused_clock)
            )
    end as due_at
from ended
asof left join clock_period as hours on ended.calendar = hours.calendar and ended.moved_reading > hours.clock_from;

---------------------------------------------------------------------------------------------------------------------
-- 6  Tickets and their metrics
---------------------------------------------------------------------------------------------------------------------

create table fct_ticket as
with joined as (
    select
        tickets.*,
        date_trunc('month', tickets.accepted_at)::date as accepted_month,
        steps.dispatched_at,
        steps.first_contact_at,
        steps.first_closed_at,
        steps.closed_at,
        steps.callback_recorded_at,
        coalesce(steps.return_count, 0) as return_count,
        coalesce(steps.rework_count, 0) as rework_count,
        coalesce(steps.is_instant_answer, false) as is_instant_answer,
        calls.called_back_at,
        calls.is_satisfied_in_call,
        ratings.is_satisfied::boolean as is_satisfied,
        repeats.same_matter_before_at,
        repeats.same_incident_before_at,
        parameters.incident_days::int as incident_days,
        parameters.repeat_window_days::int as repeat_window_days,
        limits.code as time_limit_code,
        coalesce(clocked.extension_count, 0) as extension_count,
        clocked.suspended_since,
        -- without extension or suspension the limit ends when the rule says, or where none holds, when it was stated
        if(clocked.ticket_no is null, coalesce(deadlines.ends_at, tickets.stated_due_at), clocked.limit_ends_at)
            as limit_ends_at,
        if(clocked.ticket_no is null, coalesce(deadlines.ends_at, tickets.stated_due_at), clocked.due_at) as due_at,
        known.known_until
    from ticket as tickets
    left join ticket_step as steps on tickets.ticket_no = steps.ticket_no
    left join ticket_call as calls on tickets.ticket_no = calls.ticket_no
    left join ticket_repeat as repeats on tickets.ticket_no = repeats.ticket_no
    left join clocked_limit as clocked on tickets.ticket_no = clocked.ticket_no
    left join time_limit as limits
        on tickets.platform_code = limits.platform_code
        and tickets.business_type = limits.business_type
        and coalesce(tickets.complexity, 'ordinary') = limits.complexity
        and tickets.accepted_at >= limits.starts_on
        and tickets.accepted_at < limits.ends_on
        and limits.limited_step = 'close'
    left join deadline as deadlines on limits.code = deadlines.code and tickets.accepted_at::date = deadlines.started_on
    left join seed('code_lists/ratings') as ratings on tickets.rating = ratings.code
    left join known on tickets.platform_code = known.platform_code
    left join seed('parameters/integrity_parameters') as parameters
        on date_trunc('month', tickets.accepted_at) >= parameters.valid_from::date
        and date_trunc('month', tickets.accepted_at) < coalesce(parameters.valid_to::date, date '9999-12-31')
)
select
    ticket_no,
    platform_code,
    caller_key,
    business_type,
    domain,
    category,
    subcategory,
    complexity,
    channel,
    district,
    enterprise_name,
    handling_unit,
    accepted_at,
    accepted_month,
    due_at,
    limit_ends_at,
    stated_due_at,
    suspended_since,
    dispatched_at,
    first_contact_at,
    first_closed_at,
    closed_at,
    callback_recorded_at,
    called_back_at,
    rating,
    resolution,
    is_satisfied,
    is_satisfied_in_call,
    is_instant_answer,
    closed_at is not null as is_closed,
    case when limit_ends_at is not null then coalesce(due_at <= known_until, false) end as is_due,
    time_limit_code,
    extension_count,
    case
        when stated_due_at in (limit_ends_at, due_at) then 0
        else date_diff('second', coalesce(due_at, limit_ends_at), stated_due_at)
    end as stated_due_excess_seconds,
    case
        when closed_at is not null then closed_at <= due_at
        when limit_ends_at is not null and due_at <= known_until then false
    end as is_on_time,
    date_diff('second', accepted_at, closed_at) as close_seconds,
    return_count,
    rework_count,
    coalesce(date_diff('second', same_matter_before_at, accepted_at) <= repeat_window_days * 86400, false) as is_repeat,
    coalesce(date_diff('second', same_incident_before_at, accepted_at) > incident_days * 86400, true) as opens_incident,
    closing_text,
    delivery_day,
    delivered_at,
    file_hash,
    file_row_number,
    ticket_day(ticket_no) as ticket_day
from joined;

create table fct_ticket_metric as
with contact_limit as (
    select *
    from time_limit
    where limited_step = 'first_contact'
),
-- rules for the first contact that count by the second; none does as the seeds stand
contact_by_clock as (
    select
        started.ticket_no,
        instant_of(started.reading, hours.starts_at, hours.clock_from, hours.clock_to) as contact_due_at
    from (
        select
            tickets.ticket_no,
            limits.calendar,
            limits.amount * if(limits.unit in ('hours', 'working_hours'), 3600, 86400) + clock(
                second_of_day(tickets.dispatched_at),
                start.seconds_before, start.begin_1, start.end_1, start.begin_2, start.end_2, start.begin_3, start.end_3
            ) as reading
        from fct_ticket as tickets
        inner join contact_limit as limits
            on tickets.platform_code = limits.platform_code
            and tickets.business_type = limits.business_type
            and coalesce(tickets.complexity, 'ordinary') = limits.complexity
            and tickets.accepted_at >= limits.starts_on
            and tickets.accepted_at < limits.ends_on
            and not limits.ends_with_the_day
        inner join working_day as start
            on start.calendar = limits.calendar and start.date_day = tickets.dispatched_at::date
    ) as started
    asof left join clock_period as hours on started.calendar = hours.calendar and started.reading > hours.clock_from
),
joined as (
    select
        tickets.ticket_no,
        tickets.platform_code,
        tickets.business_type,
        tickets.accepted_month,
        tickets.accepted_at,
        tickets.due_at,
        tickets.limit_ends_at,
        tickets.suspended_since,
        tickets.is_due,
        tickets.closed_at,
        tickets.ticket_day,
        steps.* exclude (ticket_no, closed_at, suspended_seconds),
        results.* exclude (ticket_no),
        coalesce(steps.suspended_seconds, 0) as suspended_seconds,
        coalesce(handovers.handover_count, 0) as handover_count,
        coalesce(handovers.ping_pong_count, 0) as ping_pong_count,
        resolutions.is_resolved::boolean as is_resolved,
        steps.dispatched_at is not null and contacts.code is not null as is_contact_required,
        coalesce(deadlines.ends_at, clocked.contact_due_at) as contact_due_at,
        -- the clock of the limit has stopped; while it runs, what it shows would change from day to day
        coalesce(tickets.closed_at, if(tickets.suspended_since is not null, steps.last_event_at, null)) as stopped_at,
        case
            when tickets.limit_ends_at is null then null
            when tickets.closed_at is not null then tickets.closed_at > tickets.due_at
            else tickets.is_due
        end as is_sla_breached
    from fct_ticket as tickets
    left join ticket_step as steps on tickets.ticket_no = steps.ticket_no
    left join ticket_handover as handovers on tickets.ticket_no = handovers.ticket_no
    left join ticket_result as results on tickets.ticket_no = results.ticket_no
    left join contact_limit as contacts
        on tickets.platform_code = contacts.platform_code
        and tickets.business_type = contacts.business_type
        and coalesce(tickets.complexity, 'ordinary') = contacts.complexity
        and tickets.accepted_at >= contacts.starts_on
        and tickets.accepted_at < contacts.ends_on
    left join deadline as deadlines
        on contacts.code = deadlines.code and tickets.dispatched_at::date = deadlines.started_on
    left join contact_by_clock as clocked on tickets.ticket_no = clocked.ticket_no
    left join seed('code_lists/resolutions') as resolutions on tickets.resolution = resolutions.code
)
select
    ticket_no,
    platform_code,
    business_type,
    accepted_month,

    date_diff('second', accept_recorded_at, answered_at) as first_response_seconds,
    answered_clock - accepted_clock as first_response_working_seconds,
    date_diff('second', dispatched_at, first_contact_at) as first_contact_seconds,
    contacted_clock - dispatched_clock as first_contact_working_seconds,
    is_contact_required,
    contact_due_at,
    case
        when contact_due_at is null then null
        when first_contact_at is not null then first_contact_at <= contact_due_at
        -- nobody called: certain once the ticket is closed or due
        when closed_at is not null or is_due then false
    end as is_first_contact_in_time,

    coalesce(centre_seconds, 0) as centre_seconds,
    coalesce(centre_working_seconds, 0) as centre_working_seconds,
    coalesce(transit_seconds, 0) as transit_seconds,
    coalesce(transit_working_seconds, 0) as transit_working_seconds,
    coalesce(handling_seconds, 0) as handling_seconds,
    coalesce(handling_working_seconds, 0) as handling_working_seconds,
    suspended_seconds,
    coalesce(suspended_working_seconds, 0) as suspended_working_seconds,
    coalesce(joined.centre_seconds + joined.transit_seconds + joined.handling_seconds, 0) as requester_wait_seconds,
    coalesce(
        joined.centre_working_seconds + joined.transit_working_seconds + joined.handling_working_seconds, 0
    ) as requester_wait_working_seconds,

    coalesce(assignment_count, 0) as assignment_count,
    handover_count,
    ping_pong_count,
    coalesce(return_count, 0) as return_count,
    coalesce(liable_return_count, 0) as liable_return_count,
    coalesce(rework_count, 0) as rework_count,
    coalesce(reopen_count, 0) as reopen_count,
    coalesce(urge_count, 0) as urge_count,
    coalesce(supervision_count, 0) as supervision_count,
    coalesce(review_count, 0) as review_count,
    coalesce(failed_review_count, 0) as failed_review_count,
    coalesce(bad_review_count, 0) as bad_review_count,
    coalesce(bad_review_fixed_count, 0) as bad_review_fixed_count,
    greatest(coalesce(joined.return_count, 0) - 1, 0) as second_return_count,
    closed_at is not null
    and coalesce(joined.assignment_count, 0) <= 1
    and handover_count = 0
    and coalesce(joined.return_count + joined.reopen_count, 0) = 0 as is_one_touch,
    coalesce(is_reclassified, false) as is_reclassified,
    is_resolved,

    first_rating,
    latest_rating,
    coalesce(rating_changes, 0) as rating_changes,
    coalesce(good_to_bad_count, 0) as good_to_bad_count,
    coalesce(bad_to_good_count, 0) as bad_to_good_count,

    date_diff('second', accepted_at, limit_ends_at) as sla_target_seconds,
    date_diff('second', accepted_at, stopped_at) - joined.suspended_seconds as sla_elapsed_seconds,
    due_at as sla_due_at,
    is_sla_breached,
    case when is_sla_breached then due_at end as sla_breached_at,
    case when is_sla_breached then date_diff('second', due_at, closed_at) end as sla_breach_seconds,
    limit_ends_at is not null and closed_at is null and suspended_since is null as is_sla_active,
    ticket_day
from joined;

---------------------------------------------------------------------------------------------------------------------
-- 7  Counts
---------------------------------------------------------------------------------------------------------------------

-- Open tickets by age: what comes into a band and leaves it, a day, and the sum of that.
create table fct_backlog_daily as
with turns as (
    -- opened again after a closure: every opening with the closure that follows it
    select
        events.ticket_no,
        events.occurred_at as opened_at,
        statuses.time_class <> 'done' as is_opening,
        lead(events.occurred_at) over (partition by events.ticket_no order by events.event_seq) as turned_at
    from fct_ticket_event as events
    inner join seed('code_lists/ticket_statuses') as statuses on events.to_status = statuses.code
    left join seed('code_lists/ticket_statuses') as before on events.from_status = before.code
    where
        (coalesce(before.time_class, 'done') = 'done') <> (statuses.time_class = 'done')
        and events.ticket_no in (select ticket_no from ticket_step where openings > 1)
),
spells as (
    select
        tickets.platform_code,
        tickets.business_type,
        least(tickets.accepted_at::date, spells.opened_at::date) as accepted_on,
        spells.opened_at::date as opened_on,
        -- a closure that is dated before its opening leaves no day with fewer than no tickets
        case
            when spells.turned_at is not null then greatest(spells.turned_at::date, spells.opened_at::date)
        end as closed_on,
        count(*) as tickets
    from (
        select ticket_no, opened_at, turned_at from ticket_step where openings = 1
        union all
        select ticket_no, opened_at, turned_at from turns where is_opening
    ) as spells
    inner join fct_ticket as tickets on spells.ticket_no = tickets.ticket_no
    group by all
),
visits as (
    select
        spells.*,
        bands.code as age_band,
        greatest(opened_on, accepted_on + bands.from_days::int) as entered_on,
        accepted_on + bands.before_days::int as outgrown_on
    from spells
    inner join seed('parameters/backlog_age_bands') as bands
        on accepted_on + bands.from_days::int <= coalesce(closed_on, date '9999-12-31')
        and (bands.before_days is null or accepted_on + bands.before_days::int > opened_on)
),
moves as (
    select
        platform_code, business_type, age_band, entered_on as date_day,
        if(entered_on = opened_on, tickets, 0) as inflow, if(entered_on > opened_on, tickets, 0) as aged_in,
        0 as outflow, 0 as aged_out
    from visits
    union all
    select
        platform_code, business_type, age_band, least(closed_on, outgrown_on), 0, 0,
        if(closed_on < coalesce(outgrown_on, date '9999-12-31'), tickets, 0),
        if(outgrown_on <= coalesce(closed_on, date '9999-12-31'), tickets, 0)
    from visits
    where closed_on is not null or outgrown_on is not null
),
daily as (
    -- whole days only: of the day of delivery itself little is known
    select
        moves.platform_code, moves.business_type, moves.age_band, moves.date_day, known.known_until,
        sum(inflow)::bigint as inflow, sum(aged_in)::bigint as aged_in,
        sum(outflow)::bigint as outflow, sum(aged_out)::bigint as aged_out
    from moves
    inner join known on moves.platform_code = known.platform_code and moves.date_day < known.known_until
    group by all
),
running as (
    select
        *,
        coalesce(lead(date_day) over life, known_until::date) as next_move_on,
        (sum(inflow + aged_in - outflow - aged_out) over life)::bigint as closing
    from daily
    window life as (partition by platform_code, business_type, age_band order by date_day)
),
-- a day without a move has a row as long as tickets are open
days as (
    select
        running.* exclude (date_day, inflow, aged_in, outflow, aged_out),
        dates.date_day,
        if(dates.date_day = running.date_day, inflow, 0) as inflow,
        if(dates.date_day = running.date_day, aged_in, 0) as aged_in,
        if(dates.date_day = running.date_day, outflow, 0) as outflow,
        if(dates.date_day = running.date_day, aged_out, 0) as aged_out
    from running
    inner join working_day as dates
        on dates.calendar = 'always'
        and dates.date_day >= running.date_day
        and dates.date_day < running.next_move_on
        and (dates.date_day = running.date_day or running.closing > 0)
)
select
    date_day,
    platform_code,
    business_type,
    age_band,
    closing - inflow - aged_in + outflow + aged_out as opening,
    inflow,
    aged_in,
    outflow,
    aged_out,
    closing
from days;

-- Volumes, all from one count of the tickets by day.
create temp table ticket_count as
select
    date_trunc('month', ticket_day)::date as ticket_month,
    accepted_month as month,
    accepted_at::date as date_day,
    platform_code,
    business_type,
    domain,
    category,
    subcategory,
    count(*) as tickets
from fct_ticket
group by all;

create table int_topic_day as
select * exclude (domain, tickets), sum(tickets)::bigint as tickets
from ticket_count
group by all;

create table mart_volume_monthly as
select
    tickets.month,
    tickets.platform_code,
    platforms.name_zh as platform_name,
    tickets.business_type,
    business_types.name_zh as business_type_name,
    tickets.domain,
    domains.name_zh as domain_name,
    domains.domain_group,
    domain_groups.name_zh as domain_group_name,
    sum(tickets.tickets)::bigint as tickets
from ticket_count as tickets
left join seed('code_lists/platforms') as platforms on tickets.platform_code = platforms.code
left join seed('code_lists/business_types') as business_types on tickets.business_type = business_types.code
left join seed('code_lists/domains') as domains on tickets.domain = domains.code
left join seed('code_lists/domain_groups') as domain_groups on domains.domain_group = domain_groups.code
group by all;

create table mart_category_monthly as
select
    tickets.month,
    tickets.platform_code,
    platforms.name_zh as platform_name,
    tickets.business_type,
    business_types.name_zh as business_type_name,
    tickets.domain,
    tickets.category,
    tickets.subcategory,
    sum(tickets.tickets)::bigint as tickets
from ticket_count as tickets
left join seed('code_lists/platforms') as platforms on tickets.platform_code = platforms.code
left join seed('code_lists/business_types') as business_types on tickets.business_type = business_types.code
group by all;

create table int_topic_spot_month as
select
    date_trunc('month', tickets.ticket_day)::date as ticket_month,
    tickets.accepted_month as month,
    tickets.platform_code,
    tickets.district,
    extract(hour from tickets.accepted_at)::int as hour,
    tickets.category,
    tickets.subcategory,
    count(*) as tickets,
    count(*) filter (where tickets.opens_incident) as incidents
from fct_ticket as tickets
inner join seed('parameters/topic_populations') as populations
    on tickets.business_type = populations.business_type
    and populations.topic = 'hot_spot'
    and tickets.accepted_month >= populations.valid_from::date
    and tickets.accepted_month < coalesce(populations.valid_to::date, date '9999-12-31')
group by all;

create table int_topic_enterprise_month as
select
    date_trunc('month', tickets.ticket_day)::date as ticket_month,
    tickets.accepted_month as month,
    tickets.platform_code,
    tickets.business_type,
    trim(tickets.enterprise_name) as enterprise_name,
    count(*) as tickets,
    count(*) filter (where tickets.opens_incident) as incidents,
    count(tickets.is_satisfied) as rated,
    count(*) filter (where tickets.is_satisfied) as satisfied,
    count(resolutions.is_resolved) as judged,
    count(*) filter (where resolutions.is_resolved = 'true') as resolved
from fct_ticket as tickets
left join seed('code_lists/resolutions') as resolutions on tickets.resolution = resolutions.code
where trim(tickets.enterprise_name) <> ''
group by all;

-- Every numerator and denominator of the indicators, by day and part. A ticket counts on up to three days: of its
-- acceptance, of its time limit and of its closure; counts of the other days are 0.
create table mart_ticket_count_daily as
with tickets as (
    select
        tickets.*,
        date_trunc('month', tickets.ticket_day)::date as ticket_month,
        tickets.business_type = 'complaint' as is_complaint,
        metrics.is_resolved,
        metrics.is_reclassified,
        metrics.is_first_contact_in_time,
        metrics.second_return_count,
        metrics.liable_return_count,
        metrics.bad_review_count,
        metrics.bad_review_fixed_count,
        metrics.failed_review_count >= parameters.failed_reviews::int as is_failed_at_review,
        tickets.close_seconds <= parameters.close_within_hours::int * 3600 as is_closed_in_hours,
        tickets.close_seconds <= parameters.close_within_days::int * 86400 as is_closed_in_days
    from fct_ticket as tickets
    left join fct_ticket_metric as metrics on tickets.ticket_no = metrics.ticket_no
    left join seed('parameters/indicator_parameters') as parameters
        on tickets.accepted_at::date >= parameters.valid_from::date
        and tickets.accepted_at::date < coalesce(parameters.valid_to::date, date '9999-12-31')
),
accepted as (
    select
        ticket_month,
        accepted_at::date as day,
        'accepted' as population,
        platform_code, handling_unit, enterprise_name, district, channel,
        count(*) as tickets,
        count(*) filter (where not is_reclassified) as class_kept,
        count(*) filter (where business_type = 'consultation') as consultations,
        count(*) filter (where business_type = 'consultation' and is_instant_answer) as consultations_instant,
        count(*) filter (where is_complaint) as complaints,
        count(*) filter (where is_complaint and is_closed) as complaints_closed,
        count(*) filter (where is_complaint and is_closed and called_back_at is not null)
            as complaints_closed_called_back,
        count(*) filter (where is_complaint and is_satisfied is not null) as complaints_rated,
        count(*) filter (where is_complaint and is_satisfied) as complaints_satisfied,
        count(*) filter (where is_complaint and is_repeat) as complaints_repeat,
        count(is_satisfied) as rated,
        count(*) filter (where is_satisfied) as satisfied,
        count(dispatched_at) as dispatched,
        count(is_first_contact_in_time) as first_contacts_due,
        count(*) filter (where is_first_contact_in_time) as first_contacts_in_time,
        sum(return_count)::bigint as returns,
        sum(second_return_count)::bigint as second_returns,
        sum(liable_return_count)::bigint as liable_returns,
        sum(bad_review_count)::bigint as bad_reviews,
        sum(bad_review_fixed_count)::bigint as bad_reviews_fixed,
        count(*) filter (where is_failed_at_review) as reviews_failed,
        count(*) filter (where not is_closed and not is_due) as accepted_pending
    from tickets
    where accepted_at is not null
    group by all
),
due as (
    select
        ticket_month,
        due_at::date as day,
        'due' as population,
        platform_code, handling_unit, enterprise_name, district, channel,
        count(*) as due,
        count(*) filter (where is_on_time) as due_on_time,
        count(*) filter (where is_complaint) as complaints_due,
        count(*) filter (where is_complaint and is_on_time) as complaints_due_on_time,
        count(*) filter (where is_complaint and is_closed_in_hours) as complaints_due_in_hours,
        count(*) filter (where is_complaint and is_closed_in_days) as complaints_due_in_days,
        count(*) filter (where not is_complaint) as others_due,
        count(*) filter (where not is_complaint and is_on_time) as others_due_on_time,
        count(resolution) as due_with_result,
        count(is_resolved) as due_judged,
        count(*) filter (where is_resolved) as due_resolved,
        count(*) filter (where not is_due) as due_pending
    from tickets
    where due_at is not null
    group by all
),
closed as (
    select
        ticket_month,
        closed_at::date as day,
        'closed' as population,
        platform_code, handling_unit, enterprise_name, district, channel,
        count(*) as closed,
        count(*) filter (where return_count = 0 and rework_count = 0 and closed_at = first_closed_at)
            as closed_first_time,
        count(due_at) as closed_with_limit,
        count(*) filter (where is_on_time) as closed_on_time,
        count(dispatched_at) as dispatched_closed,
        count(*) filter (where dispatched_at is not null and called_back_at is not null) as dispatched_called_back,
        count(*) filter (where is_complaint) as closed_complaints,
        count(*) filter (where is_complaint and due_at is not null) as closed_complaints_with_limit,
        count(*) filter (where is_complaint and is_on_time) as closed_complaints_on_time,
        count(*) filter (where is_complaint and is_closed_in_hours) as closed_complaints_in_hours,
        count(*) filter (where is_complaint and is_closed_in_days) as closed_complaints_in_days,
        coalesce(sum(close_seconds) filter (where is_complaint), 0)::bigint as closed_complaint_seconds,
        count(*) filter (where is_complaint and is_satisfied_in_call is not null) as closed_complaints_rated_in_call,
        count(*) filter (where is_complaint and is_satisfied_in_call) as closed_complaints_satisfied_in_call,
        count(*) filter (where not is_complaint and due_at is not null) as closed_others_with_limit,
        count(*) filter (where not is_complaint and is_on_time) as closed_others_on_time,
        count(resolution) as closed_with_result,
        count(is_resolved) as closed_judged,
        count(*) filter (where is_resolved) as closed_resolved
    from tickets
    where closed_at is not null
    group by all
),
days as (
    select * from accepted
    union all by name
    select * from due
    union all by name
    select * from closed
)
select
    ticket_month,
    date_trunc('month', day)::date as month,
    day,
    population,
    platform_code, handling_unit, enterprise_name, district, channel,
    coalesce(columns(
        * exclude (ticket_month, day, population, platform_code, handling_unit, enterprise_name, district, channel)
    ), 0)
from days;

-- Percentiles do not add up, but how many complaints took how long, to the second, does.
create table int_indicator_close_time as
select
    date_trunc('month', ticket_day)::date as ticket_month,
    date_trunc('month', closed_at)::date as month,
    platform_code,
    close_seconds,
    count(*) as tickets
from fct_ticket
where business_type = 'complaint' and closed_at is not null
group by all;

create table int_indicator_count_unit as
select
    ticket_month,
    month,
    day,
    platform_code,
    handling_unit,
    sum(columns(* exclude (
        ticket_month, month, day, population, platform_code, handling_unit, enterprise_name, district, channel
    )))::bigint
from mart_ticket_count_daily
group by all;

create table int_indicator_count_part as
select
    ticket_month,
    month,
    scope_kind,
    platform_code,
    scope_code,
    sum(columns(counts.* exclude (
        ticket_month, month, day, population, platform_code, handling_unit, enterprise_name, district, channel
    )))::bigint
from mart_ticket_count_daily as counts,
    lateral (values
        ('platform', counts.platform_code),
        ('channel', counts.channel),
        ('district', coalesce(counts.district, 'none')),
        ('enterprise', coalesce(counts.enterprise_name, 'none'))
    ) as parts (scope_kind, scope_code)
group by all;

-- Who answers: what an operator did in a month.
create table int_operator_month as
with acts as (
    select
        ticket_day, sender_code, operator_key, occurred_at as acted_at,
        (event_type = 'close')::int as closings, 0 as calls
    from fct_ticket_event
    union all
    select ticket_day, sender_code, operator_key, called_at, 0, 1
    from fct_callback
)
select
    date_trunc('month', ticket_day)::date as ticket_month,
    sender_code as platform_code,
    operator_key,
    min(acted_at) as first_acted_at,
    max(acted_at) as last_acted_at,
    count(*) - sum(calls) as events,
    sum(closings) as closings,
    sum(calls) as calls
from acts
where operator_key is not null
group by all;

-- Which units tickets and events name; a platform sends the events of its own tickets.
create table int_unit_name as
select date_trunc('month', ticket_day)::date as ticket_month, platform_code, handling_unit as unit_name
from fct_ticket
where handling_unit is not null
union
select date_trunc('month', ticket_day)::date, sender_code, unit_name
from fct_ticket_event
where unit_name is not null;
