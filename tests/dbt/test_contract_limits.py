"""No row that ingest loads makes a build, the checks or a publication fail: figures and times at the limits, all at once.

They are what the small chain of this suite is made of: every step of it must end well.
"""

import duckdb
from installation import Installation
from limit_rows import TICKETS


def test_all_rows_were_loaded_and_the_senders_faults_are_findings(small_chain):
    file = Installation.at(small_chain).settings.published_database
    with duckdb.connect(str(file), read_only=True) as connection:
        assert connection.execute("select sum(rows_quarantined) from marts.fct_feed_delivery").fetchone() == (0,)
        assert connection.execute("select count(*) from marts.fct_ticket").fetchone() == (TICKETS,)
        ((figures, codes, most),) = connection.execute(
            "select count(*), count(distinct claim_code), max(checks) from marts.mart_published_claim"
        ).fetchall()
        assert figures == codes < 300  # rows that check another figure once more are none of their own
        assert most > 2
        failed = connection.execute("""
            select check_code from marts.quality_check
            where is_latest and status = 'fail' and entity_code in ('210100', 'warehouse')
        """).fetchall()
        assert {"reported_rate_in_range", "ticket_times_plausible", "published_claims_explained"} <= {
            c for (c,) in failed
        }
        named = connection.execute("select distinct category from marts.fct_ticket").fetchall()
        assert {name for (name,) in named} == {"公共汽电车", "飞车", "巡游出租汽车"}
