"""What is said of the merge of a call's changes into its workspace. It decides nothing."""

LAYER_WORDS: dict[str, tuple[str, str]] = {
    "layer.too_large": (
        "what it replaced or removed is more than is kept, so this cannot be undone",
        "替换或删除的内容超出保留上限，因此无法撤销",
    ),
    "layer.never": (
        "this cannot be undone, because no layer and no copy of the workspace could be made",
        "无法建立工作区的隔离层或副本，因此无法撤销",
    ),
    "layer.opened": (
        "{path} can be read by its owner again, else it could not be taken over",
        "{path} 已恢复所有者的读取权限，否则无法合并",
    ),
    "layer.beside": (
        "{path} was changed by somebody else meanwhile and stays; the call's own is {other}",
        "{path} 期间已被他人修改，予以保留；本次调用的版本存为 {other}",
    ),
    "layer.not_removed": (
        "{path} was changed by somebody else meanwhile, so it was not removed",
        "{path} 期间已被他人修改，因此未删除",
    ),
    "layer.left_out": (
        "{path} is a device, FIFO or socket, and was left out",
        "{path} 是设备、FIFO 或套接字，已略过",
    ),
    "layer.set_uid": ("{path} lost its set-uid bits", "{path} 的 set-uid 位已移除"),
    "layer.lost": (
        "{path} could not be changed, because a folder above it was replaced meanwhile",
        "{path} 无法更改：其上级文件夹期间已被替换",
    ),
    "effects.line.added": ("added", "新增"),
    "effects.line.changed": ("changed", "修改"),
    "effects.line.removed": ("removed", "删除"),
}
