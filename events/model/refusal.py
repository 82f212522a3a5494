"""Why something was refused: a reason as an enum, with a sentence for people in zh and en."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from events.model.project_reason import PROJECT_SENTENCES, ProjectReason
from events.model.words import Language, Words


class Reason(StrEnum):
    """Every reason for which this package refuses something."""

    UNKNOWN_VERB = "unknown_verb"
    WRONG_STATE = "wrong_state"
    STALE = "stale"
    ROLE = "role"
    OTHER_AREA = "other_area"
    OTHER_DEPARTMENT = "other_department"
    OTHER_CREW = "other_crew"
    WHO_DISPOSED = "who_disposed"
    NOT_RECOVERED = "not_recovered"
    RETURNED = "returned"
    REASON_MISSING = "reason_missing"
    NOTE_MISSING = "note_missing"
    DEPARTMENT_MISSING = "department_missing"
    CREW_MISSING = "crew_missing"
    UNKNOWN_DEPARTMENT = "unknown_department"
    UNKNOWN_CREW = "unknown_crew"
    CREW_OF_OTHER_DEPARTMENT = "crew_of_other_department"
    TEXT_TOO_LONG = "text_too_long"
    FORMULA_FIXED = "formula_fixed"
    FORMULA_TOO_EARLY = "formula_too_early"
    NO_SUCH_TICKET = "no_such_ticket"
    NO_SUCH_REPORT = "no_such_report"
    KEY_REUSED = "key_reused"
    BAD_KEY = "bad_key"
    OUTSIDE_CITY = "outside_city"
    BAD_POSITION = "bad_position"
    UNKNOWN_CATEGORY = "unknown_category"
    UNKNOWN_AREA = "unknown_area"
    SIGN_IN = "sign_in"
    LOCKED = "locked"
    NAME_TAKEN = "name_taken"
    BAD_NAME = "bad_name"
    NO_SUCH_ACCOUNT = "no_such_account"
    SECOND_PERSON = "second_person"
    NOT_WHO_ASKED = "not_who_asked"
    DECIDED = "decided"
    NO_SUCH_PROPOSAL = "no_such_proposal"
    PROPOSED_ALREADY = "proposed_already"
    UNSIGNED = "unsigned"
    PARTS_OPEN = "parts_open"
    WHOLE_CLOSED = "whole_closed"
    EXTENDED = "extended"
    EXTENSION_LENGTH = "extension_length"
    SUSPENDED_ONCE = "suspended_once"
    SUSPENSION_LENGTH = "suspension_length"
    NOT_LATE = "not_late"
    APPEALED = "appealed"
    NO_PROOF_WANTED = "no_proof_wanted"
    PHOTO_BEFORE = "photo_before"
    PHOTO_AFTER = "photo_after"
    PHOTO_WAITING = "photo_waiting"
    PHOTO_UNPLACED = "photo_unplaced"
    PHOTO_FAR = "photo_far"
    PHOTO_UNTIMED = "photo_untimed"
    PHOTO_OTHER_TIME = "photo_other_time"
    UNRECOVERED = "unrecovered"
    RECOVERED_LATELY = "recovered_lately"
    NOBODY_ASSISTS = "nobody_assists"
    ASSISTS_ALREADY = "assists_already"
    LEADS_ALREADY = "leads_already"
    NOT_ASSISTING = "not_assisting"
    CANNOT_MERGE = "cannot_merge"
    NO_SUCH_EVENT = "no_such_event"
    NOT_SUGGESTED = "not_suggested"
    LINKED_HERE = "linked_here"
    NOT_LINKED_HERE = "not_linked_here"
    ONLY_EVENT = "only_event"
    UNKNOWN_AUDIENCE = "unknown_audience"
    TOO_MANY_MESSAGES = "too_many_messages"
    NOT_CLOSED = "not_closed"
    RATED = "rated"
    STARS = "stars"
    NO_SUCH_DUTIES = "no_such_duties"
    DUTIES_STAGE = "duties_stage"
    DUTIES_ERRORS = "duties_errors"
    DUTIES_WARNINGS = "duties_warnings"
    DUTIES_CHANGED = "duties_changed"
    DUTIES_PAST = "duties_past"
    DUTIES_FAR = "duties_far"
    DUTIES_ROLE = "duties_role"
    NO_DUTIES = "no_duties"
    WEAK_PASSWORD = "weak_password"  # noqa: S105  a reason, not a password


SENTENCES: dict[Reason, Words] = {
    Reason.UNKNOWN_VERB: Words(zh="没有这个操作。", en="There is no such action."),
    Reason.WRONG_STATE: Words(
        zh="案卷当前状态不能进行该操作，请刷新后查看可用操作。",
        en="The ticket's present state does not allow this: reload to see what can be done.",
    ),
    Reason.STALE: Words(
        zh="案卷已被他人更新，请查看最新状态后重试。",
        en="Somebody else has changed the ticket meanwhile: look at it again, then retry.",
    ),
    Reason.ROLE: Words(
        zh="您的角色无权进行该操作，请联系派遣员或督导。",
        en="Your role may not do this: ask a dispatcher or a supervisor.",
    ),
    Reason.OTHER_AREA: Words(zh="该案卷不在您的辖区内。", en="This ticket is not in your area."),
    Reason.OTHER_DEPARTMENT: Words(
        zh="该案卷由其他部门负责。", en="This ticket belongs to another department."
    ),
    Reason.OTHER_CREW: Words(
        zh="该案卷已派给其他班组。", en="This ticket was given to another crew."
    ),
    Reason.WHO_DISPOSED: Words(
        zh="处置人不能核查自己处置的案卷，请由他人核查。",
        en="Whoever disposed may not verify: another person has to.",
    ),
    Reason.NOT_RECOVERED: Words(
        zh="监测数据尚未恢复正常，不能自动核查。",
        en="The sensors have not recovered yet, so it cannot be verified by measurement.",
    ),
    Reason.RETURNED: Words(
        zh="被退回的案卷须由派遣员重新派遣。",
        en="A ticket that was handed back must be dispatched by a person.",
    ),
    Reason.REASON_MISSING: Words(zh="请填写理由。", en="Give a reason."),
    Reason.NOTE_MISSING: Words(zh="请填写说明。", en="Write a note."),
    Reason.DEPARTMENT_MISSING: Words(
        zh="请选择责任部门。", en="Choose the department that answers for it."
    ),
    Reason.CREW_MISSING: Words(zh="请选择班组。", en="Choose a crew."),
    Reason.UNKNOWN_DEPARTMENT: Words(
        zh="没有该部门，请从列表中选择。", en="There is no such department: choose one of the list."
    ),
    Reason.UNKNOWN_CREW: Words(
        zh="没有该班组，请从列表中选择。", en="There is no such crew: choose one of the list."
    ),
    Reason.CREW_OF_OTHER_DEPARTMENT: Words(
        zh="该班组不属于案卷的责任部门。",
        en="This crew does not belong to the ticket's department.",
    ),
    Reason.TEXT_TOO_LONG: Words(
        zh="文字过长，请缩短到 2000 字以内。", en="The text is too long: at most 2,000 characters."
    ),
    Reason.NO_SUCH_TICKET: Words(
        zh="没有这个案卷编号，请核对。", en="There is no ticket with this number: check it."
    ),
    Reason.NO_SUCH_REPORT: Words(
        zh="没有找到该上报，请核对查询码。", en="No report was found for this code: check it."
    ),
    Reason.KEY_REUSED: Words(
        zh="同一提交标识已用于其他内容，请重新提交。",
        en="This submission key was already used for something else: submit again.",
    ),
    Reason.BAD_KEY: Words(
        zh="提交标识应为 8 到 128 个字符。", en="A submission key has 8 to 128 characters."
    ),
    Reason.OUTSIDE_CITY: Words(
        zh="该位置不在本市范围内，请在地图上重新选择位置。",
        en="This position is outside the city: choose the place on the map again.",
    ),
    Reason.BAD_POSITION: Words(
        zh="位置无效：请提供经度、纬度和坐标系。",
        en="The position is not valid: give longitude, latitude and coordinate system.",
    ),
    Reason.UNKNOWN_CATEGORY: Words(
        zh="没有该类别，请从列表中选择。", en="There is no such category: choose one of the list."
    ),
    Reason.UNKNOWN_AREA: Words(zh="没有该辖区代码。", en="There is no area with this code."),
    Reason.SIGN_IN: Words(zh="用户名或密码不正确。", en="The name or the password is not right."),
    Reason.LOCKED: Words(
        zh="从您的网络地址登录失败次数过多，请稍后再试；每多错一次，等待时间加倍。",
        en="Too many failed attempts from your address: try again in a few minutes."
        " Each further one doubles the wait.",
    ),
    Reason.NAME_TAKEN: Words(zh="该用户名已存在。", en="This name is already in use."),
    Reason.BAD_NAME: Words(
        zh="用户名只能包含小写字母、数字、点、横线和下划线。",
        en="A name has small letters, digits, dots, dashes and underscores only.",
    ),
    Reason.NO_SUCH_ACCOUNT: Words(zh="没有该账号。", en="There is no such account."),
    Reason.SECOND_PERSON: Words(
        zh="须由另一位有权限的人员决定，不能由申请人或已审批的人决定。",
        en="Somebody else must decide: not who asked, nor who has approved it already.",
    ),
    Reason.NOT_WHO_ASKED: Words(
        zh="只有申请人可以撤回申请。", en="Only who asked may withdraw the proposal."
    ),
    Reason.DECIDED: Words(
        zh="该申请已有结论或已失效，请刷新查看。",
        en="This proposal was decided, or can no longer be made: reload to see.",
    ),
    Reason.NO_SUCH_PROPOSAL: Words(
        zh="该案卷没有这项申请，请刷新查看。",
        en="The ticket has no such proposal: reload to see which there are.",
    ),
    Reason.PROPOSED_ALREADY: Words(
        zh="已有同样的申请等待决定。", en="The same is proposed already and waits for a decision."
    ),
    Reason.UNSIGNED: Words(
        zh="仍有协办部门未会签，全部会签后才能继续。",
        en="Not every assisting department has signed its part: wait for them, or release them.",
    ),
    Reason.PARTS_OPEN: Words(
        zh="仍有子案卷未办结，全部办结后才能继续。",
        en="Not every part of this ticket is closed: close its sub-tickets first.",
    ),
    Reason.WHOLE_CLOSED: Words(
        zh="主案卷已办结，请先重开主案卷。",
        en="The ticket that this is a part of is closed: reopen that one first.",
    ),
    Reason.EXTENDED: Words(zh="每件案卷最多延期两次。", en="A ticket is extended twice at most."),
    Reason.EXTENSION_LENGTH: Words(
        zh="延期时长须大于零，且不超过原时限。",
        en="An extension is longer than nothing and at most as long as the original limit.",
    ),
    Reason.SUSPENDED_ONCE: Words(
        zh="每件案卷只能挂账一次。", en="A ticket is suspended once at most."
    ),
    Reason.SUSPENSION_LENGTH: Words(
        zh="挂账到期日须在将来，且不超过一年。",
        en="A suspension ends in the future, within a year.",
    ),
    Reason.NOT_LATE: Words(
        zh="该案卷处置未超期，无需申诉。",
        en="The disposal of this ticket was not late: there is nothing to appeal.",
    ),
    Reason.APPEALED: Words(zh="每件案卷只能申诉一次。", en="A ticket's timeout is appealed once."),
    Reason.NO_PROOF_WANTED: Words(
        zh="该类别不要求处置凭据，请直接核查。",
        en="This category asks for no proof: verify it.",
    ),
    Reason.PHOTO_BEFORE: Words(
        zh="缺少处置前照片，请补拍后再提交。",
        en="A photo from before the work is missing: add one.",
    ),
    Reason.PHOTO_AFTER: Words(
        zh="缺少处置后照片，请补拍后再提交。", en="A photo from after the work is missing: add one."
    ),
    Reason.PHOTO_WAITING: Words(
        zh="照片仍在处理，请稍后再试。",
        en="The photos are still being prepared: try again shortly.",
    ),
    Reason.PHOTO_UNPLACED: Words(
        zh="照片没有位置，请打开定位后重拍。",
        en="It is not known where a photo was taken: allow the position and take it again.",
    ),
    Reason.PHOTO_FAR: Words(
        zh="照片不是在案卷位置附近拍摄的，请到现场重拍。",
        en="A photo was taken too far from the ticket's place: take it on the spot.",
    ),
    Reason.PHOTO_UNTIMED: Words(
        zh="照片没有拍摄时间，请重拍。",
        en="It is not known when a photo was taken: take it again.",
    ),
    Reason.PHOTO_OTHER_TIME: Words(
        zh="照片的拍摄时间不在案卷办理期间，请核对手机时间后重拍。",
        en="A photo was taken at another time: check the phone's clock, take it again.",
    ),
    Reason.UNRECOVERED: Words(
        zh="监测数据尚未恢复正常，请等待恢复，或说明理由并由另一人同意“担保核查通过”。",
        en="The sensors have not recovered: wait, or give a reason and let a second person agree"
        " to verify without full proof.",
    ),
    Reason.RECOVERED_LATELY: Words(
        zh="监测恢复时间还不够长，请稍后再核查。",
        en="The sensors have not been quiet for long enough yet: verify it a little later.",
    ),
    Reason.NOBODY_ASSISTS: Words(zh="该案卷没有协办部门。", en="Nobody assists with this ticket."),
    Reason.ASSISTS_ALREADY: Words(
        zh="该部门已经是协办部门。", en="This department assists already."
    ),
    Reason.LEADS_ALREADY: Words(
        zh="该部门是主办部门，请选择其他部门。",
        en="This department leads: choose another one to assist.",
    ),
    Reason.NOT_ASSISTING: Words(
        zh="该部门不是未会签的协办部门。",
        en="This department is none that assists and has not signed yet.",
    ),
    Reason.CANNOT_MERGE: Words(
        zh="只能并入您辖区内另一件已立案且未处置的案卷，请核对案卷号。",
        en="Merge into another ticket that is filed and not yet dealt with, in your area:"
        " check its number.",
    ),
    Reason.NO_SUCH_EVENT: Words(
        zh="没有这条事件，请核对编号。", en="There is no such event: check its number."
    ),
    Reason.NOT_SUGGESTED: Words(
        zh="系统未提示这两件案卷为同一问题，或已有人判定。",
        en="These two are not suggested to be one, or somebody has decided that already.",
    ),
    Reason.LINKED_HERE: Words(
        zh="该事件已关联到本案卷。", en="This event is linked to this ticket already."
    ),
    Reason.NOT_LINKED_HERE: Words(
        zh="该事件没有关联到本案卷。", en="This event is not linked to this ticket."
    ),
    Reason.ONLY_EVENT: Words(
        zh="这是案卷仅有的事件，移出后案卷将没有来源；如有误请申请认定误报或并案。",
        en="It is all that this ticket is about: propose a false alarm or a merge instead.",
    ),
    Reason.UNKNOWN_AUDIENCE: Words(
        zh="留言对象只能是“内部”或“市民”。", en="A message is internal or for the resident."
    ),
    Reason.FORMULA_FIXED: Words(
        zh="已有的公式版本不能修改，请使用更高的版本号。",
        en="A version that is there already never changes: give it a higher version number.",
    ),
    Reason.FORMULA_TOO_EARLY: Words(
        zh="新公式只能从以后的月份开始生效，以免改变已出的报表。请改 effective_from。",
        en="A new formula takes effect with a later month, so that no report of an earlier one"
        " changes: move effective_from.",
    ),
    Reason.TOO_MANY_MESSAGES: Words(
        zh="今天的留言太多了，请明天再写。", en="Too many messages for today: write again tomorrow."
    ),
    Reason.NOT_CLOSED: Words(zh="问题办结后才能评价。", en="It can be rated once it is closed."),
    Reason.RATED: Words(zh="您已评价过，谢谢。", en="You have rated it already. Thank you."),
    Reason.STARS: Words(zh="评分为 1 到 5。", en="Give 1 to 5."),
    Reason.NO_SUCH_DUTIES: Words(
        zh="没有这一版权责清单，请核对版本号。",
        en="There is no such version of the duties: check its number.",
    ),
    Reason.DUTIES_STAGE: Words(
        zh="这一版权责清单的当前状态不允许该操作，请刷新查看。",
        en="This version of the duties is not at a stage where this can be done: reload to see.",
    ),
    Reason.DUTIES_ERRORS: Words(
        zh="检查发现错误，不能启用；请修改后作为新版本导入。",
        en="The check found errors, so it cannot be put in force: import a mended version.",
    ),
    Reason.DUTIES_WARNINGS: Words(
        zh="检查有警告，请写明为何接受。",
        en="The check has warnings: write why they are accepted.",
    ),
    Reason.DUTIES_CHANGED: Words(
        zh="提交后检查出现了新的警告，请重新检查并提交。",
        en="The check has new warnings since it was proposed: look at them and propose it again.",
    ),
    Reason.DUTIES_PAST: Words(
        zh="生效时间不能早于现在。", en="Duties cannot be in force from a time that is past."
    ),
    Reason.DUTIES_FAR: Words(
        zh="生效时间不能晚于十年之后。", en="Duties cannot be in force from more than ten years on."
    ),
    Reason.DUTIES_ROLE: Words(
        zh="只有全市范围的管理员或督导可以决定权责清单。",
        en="Only an administrator or a supervisor of the whole city decides about duties.",
    ),
    Reason.NO_DUTIES: Words(
        zh="尚无现行的权责清单可比较，请先启用一版。",
        en="No duties are in force to compare with: put a version in force first.",
    ),
    Reason.WEAK_PASSWORD: Words(
        zh="密码至少需要 12 个字符。", en="A password has at least 12 characters."
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A reason, the sentence that tells it, and the field it is about (None: the whole)."""

    reason: Reason | ProjectReason
    field: str | None = None

    @property
    def words(self) -> Words:
        """The sentence in both languages."""
        if isinstance(self.reason, ProjectReason):
            return PROJECT_SENTENCES[self.reason]
        return SENTENCES[self.reason]

    def told(self, language: Language) -> str:
        """The sentence in ``language``."""
        return self.words.told(language)
