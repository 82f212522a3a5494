"""Why something about a project was refused, with sentences in both languages."""

from __future__ import annotations

from enum import StrEnum

from events.model.words import Words


class ProjectReason(StrEnum):
    """Reasons that only projects know; the others are in ``events.model.refusal``."""

    NO_SUCH_PROJECT = "no_such_project"
    WRONG_STAGE = "wrong_stage"
    STALE_PROJECT = "stale_project"
    OTHER_OWNER = "other_owner"
    WHO_ASKED = "who_asked"
    LIVE_ALREADY = "live_already"
    NO_SUCH_COMPONENT = "no_such_component"
    NOT_SUCH_A_PLACE = "not_such_a_place"
    UNKNOWN_KIND = "unknown_kind"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_WATER = "unknown_water"
    UNKNOWN_CLASS = "unknown_class"
    UNKNOWN_METHOD = "unknown_method"
    INTO_MISSING = "into_missing"
    CAUSE_MISSING = "cause_missing"
    MEASURES_MISSING = "measures_missing"
    BAD_SHARE = "bad_share"
    VALUES_MISSING = "values_missing"
    UNKNOWN_SUBSTANCE = "unknown_substance"
    BAD_VALUE = "bad_value"
    NO_STANDARD = "no_standard"
    TAKEN_AT = "taken_at"
    UNKNOWN_SOURCE = "unknown_source"
    PARTY_MISSING = "party_missing"
    NO_SUCH_SOURCE = "no_such_source"
    UNKNOWN_ITEM = "unknown_item"
    PHOTOS_MISSING = "photos_missing"
    DAYS = "days"
    TICKET_LINKED = "ticket_linked"
    TICKET_NOT_LINKED = "ticket_not_linked"
    SAMPLE_BEFORE = "sample_before"
    SOURCES_UNKNOWN = "sources_unknown"
    ITEMS_UNCHECKED = "items_unchecked"
    ITEMS_UNMET = "items_unmet"
    NEEDS_PHOTO_BEFORE = "needs_photo_before"
    NEEDS_PHOTO_AFTER = "needs_photo_after"
    PHOTO_FAR = "photo_far"
    PHOTO_OTHER_TIME = "photo_other_time"
    SOURCES_UNSETTLED = "sources_unsettled"
    SAMPLE_AFTER = "sample_after"
    CLASS_NOT_REACHED = "class_not_reached"
    TICKETS_OPEN = "tickets_open"
    SENSORS_LOUD = "sensors_loud"
    STILL_WATCHED = "still_watched"
    NOT_REDUCED = "not_reduced"


_R = ProjectReason

PROJECT_SENTENCES: dict[ProjectReason, Words] = {
    _R.NO_SUCH_PROJECT: Words(zh="没有这个项目编号，请核对。",
                              en="There is no project with this number: check it."),
    _R.WRONG_STAGE: Words(zh="项目当前阶段不能进行该操作，请刷新后查看。",
                          en="The project's stage does not allow this: reload to see what does."),
    _R.STALE_PROJECT: Words(zh="项目已被他人更新，请查看最新情况后重试。",
                            en="Somebody else has changed the project: look again, then retry."),
    _R.OTHER_OWNER: Words(zh="该项目由其他部门负责。", en="Another department owns this project."),
    _R.WHO_ASKED: Words(zh="须由另一人审定：提出申请的人不能自己同意或退回。",
                        en="Somebody else must decide: not who asked for it."),
    _R.LIVE_ALREADY: Words(zh="该处已有进行中的项目，请在原项目上办理。",
                           en="There is a live project here already: go on with that one."),
    _R.NO_SUCH_COMPONENT: Words(zh="没有这个部件编码，请核对。",
                                en="There is no component with this code: check it."),
    _R.NOT_SUCH_A_PLACE: Words(zh="该部件不是此类项目的对象（排污口或工地）。",
                               en="This component is not of that kind (outfall or site)."),
    _R.UNKNOWN_KIND: Words(zh="项目类型只能是 outfall（排污口）或 site（工地）。",
                           en="A project is opened by hand for an outfall or a site only."),
    _R.UNKNOWN_TYPE: Words(zh="没有这种排口类型，请从列表中选择。",
                           en="There is no such type of outfall: choose one of the list."),
    _R.UNKNOWN_WATER: Words(zh="受纳水体只能是 surface（地表水）或 sea（海水）。",
                            en="The receiving water is surface or sea."),
    _R.UNKNOWN_CLASS: Words(zh="该水体没有这个水质类别，请从列表中选择。",
                            en="This kind of water has no such class: choose one of the list."),
    _R.UNKNOWN_METHOD: Words(zh="请选择整治方式：取缔、合并或规范。",
                             en="Choose how: abolish, merge or regulate."),
    _R.INTO_MISSING: Words(zh="请填写并入的排口编码。",
                           en="Give the code of the outfall it is merged into."),
    _R.CAUSE_MISSING: Words(zh="请填写成因分析。", en="Write down the cause."),
    _R.MEASURES_MISSING: Words(zh="请填写治理措施。", en="Write down the measures."),
    _R.BAD_SHARE: Words(zh="目标比例应在 0 与 1 之间。", en="The aim is a share between 0 and 1."),
    _R.VALUES_MISSING: Words(zh="请至少填写一项检测值。", en="Give at least one value."),
    _R.UNKNOWN_SUBSTANCE: Words(zh="该水质标准不评价这一项目，请核对指标名称。",
                                en="The standard does not judge this substance: check its name."),
    _R.BAD_VALUE: Words(zh="检测值应为不小于零的数；pH 在 0 到 14 之间。",
                        en="A value is a number from zero up; pH lies between 0 and 14."),
    _R.NO_STANDARD: Words(zh="没有适用的水质标准，请先填写受纳水体。",
                          en="No standard fits: say first which water receives it."),
    _R.TAKEN_AT: Words(zh="请填写采样时间，不能在将来；整治后的水样须在整治开始之后采集。",
                       en="Say when it was taken: not in the future, and one from after the"
                       " rectification not before that began."),
    _R.UNKNOWN_SOURCE: Words(zh="没有这种来源类型，请从列表中选择。",
                             en="There is no such kind of source: choose one of the list."),
    _R.PARTY_MISSING: Words(zh="请填写责任单位。", en="Name the organisation that answers for it."),
    _R.NO_SUCH_SOURCE: Words(zh="该项目没有这个未整改的来源，请刷新查看。",
                             en="The project has no such unsettled source: reload to see."),
    _R.UNKNOWN_ITEM: Words(zh="没有这项措施，请从“六个百分百”中选择，并说明是否落实。",
                           en="Choose one of the six measures and say whether it is met."),
    _R.PHOTOS_MISSING: Words(zh="请附上照片。", en="Add photos."),
    _R.DAYS: Words(zh="延长天数应在 1 到 366 之间。", en="Give 1 to 366 days."),
    _R.TICKET_LINKED: Words(zh="该案卷已关联到本项目。", en="This ticket is linked already."),
    _R.TICKET_NOT_LINKED: Words(zh="该案卷没有关联到本项目。",
                                en="This ticket is not linked to the project."),
    _R.SAMPLE_BEFORE: Words(zh="缺少整治前的水样，请先采样录入。",
                            en="A sample from before is missing: take one and add it."),
    _R.SOURCES_UNKNOWN: Words(zh="尚未登记来源及责任单位。",
                              en="No source with its responsible party is known yet: add one."),
    _R.ITEMS_UNCHECKED: Words(zh="“六个百分百”尚未逐项核对。",
                              en="Not all of the six measures have been looked at."),
    _R.ITEMS_UNMET: Words(zh="“六个百分百”仍有未落实的措施。",
                          en="Not all of the six measures are met."),
    _R.NEEDS_PHOTO_BEFORE: Words(zh="缺少整治前照片。", en="A photo from before is missing."),
    _R.NEEDS_PHOTO_AFTER: Words(zh="缺少整治后照片；退回或反弹后须重新拍摄。",
                                en="A photo from after is missing; after a return or a relapse a"
                                " new one is needed."),
    _R.PHOTO_FAR: Words(zh="照片不是在项目现场附近拍摄的，请到现场重拍。",
                        en="A photo was taken too far from the project's place: take it there."),
    _R.PHOTO_OTHER_TIME: Words(zh="照片的拍摄时间不对：整治后照片须在整治开始之后拍摄，请重拍。",
                               en="A photo was taken at another time: one from after must be taken"
                               " since the rectification began."),
    _R.SOURCES_UNSETTLED: Words(zh="仍有来源未整改到位。", en="Not every source is put right."),
    _R.SAMPLE_AFTER: Words(zh="缺少整治后的水样，请采样录入。",
                           en="A sample from after is missing: take one and add it."),
    _R.CLASS_NOT_REACHED: Words(zh="整治后水质未达到目标类别，不能销号。",
                                en="The water has not reached its target class: it cannot be"
                                " accepted."),
    _R.TICKETS_OPEN: Words(zh="仍有关联案卷未办结。", en="Tickets that belong to it are open."),
    _R.SENSORS_LOUD: Words(zh="监测数据尚未恢复正常。", en="Its sensors have not recovered."),
    _R.STILL_WATCHED: Words(zh="观察期未满。", en="The time of watching is not over yet."),
    _R.NOT_REDUCED: Words(zh="复发率未降到目标以下，不能评定为有效。",
                          en="It recurs more often than was aimed at: it cannot be called solved."),
}  # fmt: skip
