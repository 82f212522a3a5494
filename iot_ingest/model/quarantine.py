"""Why a message, or a part of it, could not be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Reason(StrEnum):
    """One word for each way to be wrong; `SENTENCES` says it to people."""

    NOT_JSON = "not_json"
    WRONG_SHAPE = "wrong_shape"
    TOO_MANY = "too_many"
    BAD_TIME = "bad_time"
    TIME_OUT_OF_RANGE = "time_out_of_range"
    NOT_A_NUMBER = "not_a_number"
    NOT_FINITE = "not_finite"
    BAD_FLAG = "bad_flag"
    UNKNOWN_METRIC = "unknown_metric"
    IMPOSSIBLE_VALUE = "impossible_value"
    CONFLICTING_VALUE = "conflicting_value"
    UNKNOWN_DEVICE = "unknown_device"
    DISABLED_DEVICE = "disabled_device"
    WRONG_TOPIC = "wrong_topic"
    BAD_STATUS = "bad_status"
    REFUSED_BY_DATABASE = "refused_by_database"
    FLOOD = "flood"
    ARCHIVED_DAY = "archived_day"
    # frames of stations (HJ 212, SL 651)
    BAD_CRC = "bad_crc"
    WRONG_LENGTH = "wrong_length"
    BAD_FRAME = "bad_frame"
    NO_DATA_TIME = "no_data_time"
    UNKNOWN_COMMAND = "unknown_command"
    UNKNOWN_FACTOR = "unknown_factor"
    UNKNOWN_UNIT = "unknown_unit"
    UNKNOWN_PROFILE = "unknown_profile"
    ENCRYPTED = "encrypted"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a reason


# Who sent it was refused, whatever it said; with the other reasons, what was said.
REFUSALS = frozenset(
    {
        Reason.UNKNOWN_DEVICE,
        Reason.DISABLED_DEVICE,
        Reason.WRONG_TOPIC,
        Reason.WRONG_PASSWORD,
        Reason.FLOOD,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """A reason with the detail that tells this case from others (field, value, limit)."""

    reason: Reason
    detail: str


SENTENCES: Mapping[Reason, Mapping[str, str]] = MappingProxyType(
    {
        Reason.NOT_JSON: {
            "zh": "报文不是有效的 JSON（UTF-8），请检查设备的编码程序。",
            "en": "The payload is not JSON in UTF-8: check how the device encodes it.",
        },
        Reason.WRONG_SHAPE: {
            "zh": "报文缺少 ts 或 values，或结构不符，请对照设备接入文档修改。",
            "en": "The payload lacks ts or values, or has another shape: see the device manual.",
        },
        Reason.TOO_MANY: {
            "zh": "一条报文最多包含 1000 组数据，请分多条发送。",
            "en": "A message holds at most 1,000 readings: send several messages.",
        },
        Reason.BAD_TIME: {
            "zh": "时间 ts 无法识别：请使用带时区的 ISO 8601 时间或毫秒时间戳。",
            "en": "The time ts cannot be read: use ISO 8601 with an offset, or epoch milliseconds.",
        },
        Reason.TIME_OUT_OF_RANGE: {
            "zh": "时间早于 400 天前或晚于当前 10 分钟以上，请校准设备时钟。",
            "en": "The time is over 400 days old or over 10 minutes ahead: set the device's clock.",
        },
        Reason.NOT_A_NUMBER: {
            "zh": "数值不是数字，请检查设备的编码程序。",
            "en": "A value is not a number: check how the device encodes it.",
        },
        Reason.NOT_FINITE: {
            "zh": "数值为 NaN 或无穷大，未入库；无数据时请不要发送该指标。",
            "en": "A value is NaN or infinite: leave a metric out when there is no value.",
        },
        Reason.BAD_FLAG: {
            "zh": "数据标记无效，只能是 N、F、M、S、D、C、T、B 之一。",
            "en": "A data flag is unknown: it must be one of N, F, M, S, D, C, T, B.",
        },
        Reason.UNKNOWN_METRIC: {
            "zh": "指标名称未定义，请对照指标目录修改，或由管理员增加该指标。",
            "en": "A metric has no definition: correct its name, or have it defined.",
        },
        Reason.IMPOSSIBLE_VALUE: {
            "zh": "数值超出该指标可能的范围，请检查传感器和单位。",
            "en": "A value is outside of what the metric can be: check the sensor and the unit.",
        },
        Reason.CONFLICTING_VALUE: {
            "zh": "同一设备、指标、时间已有不同的数值，以先到的为准。",
            "en": "Another value is stored for this device, metric and time: the first one stays.",
        },
        Reason.UNKNOWN_DEVICE: {
            "zh": "设备未登记，请先导入设备清单。",
            "en": "The device is not registered: import it first.",
        },
        Reason.DISABLED_DEVICE: {
            "zh": "设备已停用，数据未入库。",
            "en": "The device is disabled: its data are not stored.",
        },
        Reason.WRONG_TOPIC: {
            "zh": "主题与设备不符，应为登记时给出的主题。",
            "en": "The topic is not the device's own: use the one given at registration.",
        },
        Reason.BAD_STATUS: {
            "zh": "状态报文只能是 online 或 offline。",
            "en": "A status message says online or offline, nothing else.",
        },
        Reason.REFUSED_BY_DATABASE: {
            "zh": "数据库拒绝了这条报文，请查看详情。",
            "en": "The database refused this message: see the detail.",
        },
        Reason.FLOOD: {
            "zh": "设备发送过多，已被暂时断开；这里只留几条样本。请检查设备程序。",
            "en": "The device sends too much and is cut off; a few samples are kept: check it.",
        },
        Reason.ARCHIVED_DAY: {
            "zh": "这一天的数据已归档，不再接收：请检查设备时钟，或补传过晚的原因。",
            "en": "The day is archived, its readings are closed: check the clock, or the delay.",
        },
        Reason.BAD_CRC: {
            "zh": "报文校验码不符，数据可能在传输中损坏，请检查通信线路和设备程序。",
            "en": "The frame's check sum is wrong: check the line and the station's program.",
        },
        Reason.WRONG_LENGTH: {
            "zh": "报文长度与声明的不符，校验也不通过，请检查设备程序。",
            "en": "The frame is not as long as it says and its check sum is wrong: check it.",
        },
        Reason.BAD_FRAME: {
            "zh": "报文结构不符合协议，请对照原始报文检查设备程序。",
            "en": "The frame is not built as the protocol says: compare the raw frame.",
        },
        Reason.NO_DATA_TIME: {
            "zh": "报文没有可识别的数据时间，请检查设备程序。",
            "en": "The frame has no time that can be read: check the station's program.",
        },
        Reason.UNKNOWN_COMMAND: {
            "zh": "本系统不处理这种命令或功能码，原始报文已保留。",
            "en": "This command or function is not handled here; the raw frame is kept.",
        },
        Reason.UNKNOWN_FACTOR: {
            "zh": "因子编码不在单位方案中：请在方案中补充（不需要的写成空），然后重放。",
            "en": "A factor is not in the unit profile: add it (empty if not wanted), then replay.",
        },
        Reason.UNKNOWN_UNIT: {
            "zh": "该因子的单位因厂家而异：请为设备型号指定单位方案，然后重放。",
            "en": "Stations differ in this factor's unit: give its model a unit profile, replay.",
        },
        Reason.UNKNOWN_PROFILE: {
            "zh": "设备指定的单位方案不存在：请补充方案或修改设备属性 profile，然后重放。",
            "en": "The device names a unit profile that is missing: add or correct it, replay.",
        },
        Reason.ENCRYPTED: {
            "zh": "数据区已加密，本系统没有密钥：请让设备在专网内以明文上传。",
            "en": "The data are encrypted and no key is known: let the station send plain text.",
        },
        Reason.WRONG_PASSWORD: {
            "zh": "报文密码与设备登记的不符，请核对设备，防止冒用。",
            "en": "The frame's password is not the registered one: check who sends this.",
        },
    }
)
