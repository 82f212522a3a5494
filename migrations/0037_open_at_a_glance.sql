-- What is asked of all open tickets at once, every few seconds and with every area that is opened, is
-- answered by their index alone: how many, how late, how grave, by area, cell, layer and department.
-- With 20,000 open ones among a million each of these questions read every one of them from its page:
-- 110 to 240 ms instead of 25 to 60.

CREATE INDEX tickets_open ON events.tickets (state, due_at)
    INCLUDE (ticket_id, area_id, cell_id, severity, created_at, filed_at, dispatched_at, disposed_at,
        verified_at, overdue_at, layer, department_id, category_code)
    WHERE state NOT IN ('closed', 'declined', 'merged');
-- (The index that it replaces goes by itself: both locks in one transaction would wait for those who
-- read a ticket and are about to change it.)
