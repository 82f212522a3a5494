"""States, verbs, and what a move asks for: the words in which the table of moves is written."""

from __future__ import annotations

from enum import StrEnum

from events.model.words import Words


class State(StrEnum):
    """Where a ticket is."""

    REPORTED = "reported"
    FILED = "filed"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    DISPOSED = "disposed"
    VERIFIED = "verified"
    CLOSED = "closed"
    DECLINED = "declined"
    MERGED = "merged"
    SUSPENDED = "suspended"


class Verb(StrEnum):
    """What can be done to a ticket.

    Those from ``propose`` to ``withdraw`` are about a proposal that waits for a second person;
    those from ``worsen`` on are the engine's own marks.
    """

    FILE = "file"
    DECLINE = "decline"
    DISPATCH = "dispatch"
    ASSIGN = "assign"
    ACCEPT = "accept"
    HAND_BACK = "hand_back"
    DISPOSE = "dispose"
    VERIFY = "verify"
    VOUCH = "vouch"
    REWORK = "rework"
    CLOSE = "close"
    REOPEN = "reopen"
    FALSE_ALARM = "false_alarm"
    MERGE = "merge"
    UNMERGE = "unmerge"
    RECONSIDER = "reconsider"
    EXTEND = "extend"
    SUSPEND = "suspend"
    RESUME = "resume"
    APPEAL = "appeal"
    ASSIST = "assist"
    RELEASE = "release"
    SIGN = "sign"
    SPLIT = "split"
    LINK = "link"
    UNLINK = "unlink"
    SUPERVISE = "supervise"
    COMMENT = "comment"
    PROPOSE = "propose"
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    WORSEN = "worsen"
    RECOVER = "recover"
    RELAPSE = "relapse"
    OVERDUE = "overdue"
    UNROUTED = "unrouted"
    ESCALATE = "escalate"
    LAPSE = "lapse"
    RATE = "rate"
    OWN = "own"


class Need(StrEnum):
    """What must be given with a move."""

    REASON = "reason"
    NOTE = "note"
    DEPARTMENT = "department"
    CREW = "crew"
    INTO = "into"
    HOURS = "hours"
    UNTIL = "until"
    EVENT = "event"


class Guard(StrEnum):
    """What must hold between the ticket and who acts (checked by ``access.may``)."""

    OWN_CREW = "own_crew"
    NOT_WHO_DISPOSED = "not_who_disposed"
    RECOVERED = "recovered"
    PERSON_AFTER_RETURN = "person_after_return"
    ALL_SIGNED = "all_signed"
    PARTS_CLOSED = "parts_closed"
    WHOLE_OPEN = "whole_open"
    MAY_EXTEND = "may_extend"
    NEVER_SUSPENDED = "never_suspended"
    RAN_LATE = "ran_late"
    NEVER_APPEALED = "never_appealed"
    SOMEBODY_ASSISTS = "somebody_assists"
    PROOF_WANTED = "proof_wanted"


STATE_WORDS: dict[State, Words] = {
    State.REPORTED: Words(zh="待立案", en="Reported"),
    State.FILED: Words(zh="已立案", en="Filed"),
    State.DISPATCHED: Words(zh="已派遣", en="Dispatched"),
    State.ACCEPTED: Words(zh="处置中", en="Accepted"),
    State.DISPOSED: Words(zh="已处置", en="Disposed"),
    State.VERIFIED: Words(zh="核查通过", en="Verified"),
    State.CLOSED: Words(zh="已结案", en="Closed"),
    State.DECLINED: Words(zh="不予立案", en="Declined"),
    State.MERGED: Words(zh="已并案", en="Merged"),
    State.SUSPENDED: Words(zh="挂账", en="Suspended"),
}

VERB_WORDS: dict[Verb, Words] = {
    Verb.FILE: Words(zh="立案", en="File"),
    Verb.DECLINE: Words(zh="不予立案", en="Decline"),
    Verb.FALSE_ALARM: Words(zh="认定误报", en="False alarm"),
    Verb.MERGE: Words(zh="并案", en="Merge"),
    Verb.UNMERGE: Words(zh="撤销并案", en="Undo the merge"),
    Verb.DISPATCH: Words(zh="派遣", en="Dispatch"),
    Verb.ASSIGN: Words(zh="改派班组", en="Assign a crew"),
    Verb.ACCEPT: Words(zh="受理", en="Accept"),
    Verb.HAND_BACK: Words(zh="退回", en="Hand back"),
    Verb.DISPOSE: Words(zh="处置完成", en="Dispose"),
    Verb.VERIFY: Words(zh="核查通过", en="Verify"),
    Verb.VOUCH: Words(zh="担保核查通过", en="Verify without full proof"),
    Verb.REWORK: Words(zh="返工", en="Rework"),
    Verb.CLOSE: Words(zh="结案", en="Close"),
    Verb.REOPEN: Words(zh="重开", en="Reopen"),
    Verb.RECONSIDER: Words(zh="市民反映未解决，重开", en="Reopen, not solved"),
    Verb.EXTEND: Words(zh="延期", en="Extend"),
    Verb.SUSPEND: Words(zh="挂账", en="Suspend"),
    Verb.RESUME: Words(zh="恢复办理", en="Resume"),
    Verb.APPEAL: Words(zh="超期申诉", en="Appeal the timeout"),
    Verb.ASSIST: Words(zh="增加协办部门", en="Add an assisting department"),
    Verb.RELEASE: Words(zh="撤销协办", en="Release a department"),
    Verb.SIGN: Words(zh="协办会签", en="Sign the own part"),
    Verb.SPLIT: Words(zh="拆分子案卷", en="Split off a part"),
    Verb.LINK: Words(zh="关联事件", en="Link an event"),
    Verb.UNLINK: Words(zh="移出事件", en="Take an event out"),
    Verb.SUPERVISE: Words(zh="督办", en="Supervise"),
    Verb.COMMENT: Words(zh="留言", en="Comment"),
    Verb.PROPOSE: Words(zh="提出申请", en="Propose"),
    Verb.APPROVE: Words(zh="同意", en="Approve"),
    Verb.REFUSE: Words(zh="不同意", en="Refuse"),
    Verb.WITHDRAW: Words(zh="撤回申请", en="Withdraw"),
    Verb.WORSEN: Words(zh="等级上升", en="Severity raised"),
    Verb.RECOVER: Words(zh="监测恢复正常", en="Measured recovery"),
    Verb.RELAPSE: Words(zh="监测再次异常", en="Measured relapse"),
    Verb.OVERDUE: Words(zh="超期", en="Overdue"),
    Verb.UNROUTED: Words(zh="无人负责", en="Nobody answers for it"),
    Verb.ESCALATE: Words(zh="逐级督办", en="Told higher up"),
    Verb.LAPSE: Words(zh="申请失效", en="Proposal lapsed"),
    Verb.RATE: Words(zh="市民评价", en="Rated by the resident"),
    Verb.OWN: Words(zh="首接负责", en="First contact owns it"),
}
