"""The sentences of the other modules, reasons and errors, in Simplified Chinese.

Those modules speak English. What they say to a person at the page is recognised here by its form; a sentence that is
not known stays English rather than being lost.
"""

from __future__ import annotations

import re
from typing import Final

# The form of a sentence -> how it is said; groups fill {0}, {1}, ... Tried in this order.
CHINESE: Final[dict[str, str]] = {
    # paintings: why a file was left out
    r"It is an exact copy of another painting\.": "与另一幅画完全相同。",
    r"([\d,]+) paintings are accepted at most, and there are that many before it\.": (
        "最多接受 {0} 幅画，在它之前已经够数了。"
    ),
    r"It was taken out by hand\.": "已由你去掉。",
    r"It looks like a copy and was taken out by hand\.": "看起来是重复的画，已由你去掉。",
    r"More than ([\d,]+) files are in it\. Choose a folder with the paintings alone\.": (
        "里面的文件超过 {0} 个。请选择只放画作的文件夹。"
    ),
    r"More than ([\d,]+) files are in it\. Make a zip of the paintings alone\.": (
        "里面的文件超过 {0} 个。请只把画作压缩。"
    ),
    r"Its name leads out of the folder it came in\. Rename it and bring it again\.": (
        "文件名指向所在文件夹之外。请改名后再带来。"
    ),
    r"Its name leads out of the zip\. Rename it and make the zip again\.": "文件名指向压缩包之外。请改名后重新压缩。",
    r"It is a link\. Bring the picture itself\.": "这是一个链接。请带来图片本身。",
    r"It is a link\. Put the picture itself into the zip\.": "这是一个链接。请把图片本身放进压缩包。",
    r"It is not a file with anything in it\.": "这不是有内容的文件。",
    r"It is empty: 0 bytes\.": "文件是空的。",
    r"This folder cannot be opened \((.*)\)\.": "无法打开这个文件夹（{0}）。",
    r"It cannot be opened \((.*)\)\.": "无法打开（{0}）。",
    r"This zip is damaged or not whole\. Make it again, or bring the folder as it is\.": (
        "压缩包已损坏或不完整。请重新压缩，或直接带来文件夹。"
    ),
    r"This zip is locked with a password\. Make one without a password\.": "压缩包有密码。请做一个没有密码的。",
    r"It is locked with a password\. Put it into the zip without one\.": "文件有密码。请去掉密码后再放进压缩包。",
    r"It has (.+); (.+) are allowed\. Save it smaller\.": "文件有 {0}，最多可以 {1}。请缩小后保存。",
    r"It unpacks to far more than a picture needs\. Save it anew\.": "解压后远大于一幅图所需。请重新保存。",
    r"All files together have more than (.+)\. Save them smaller\.": "所有文件加起来超过 {0}。请缩小后保存。",
    r"It is a film, not a picture\.": "这是影片，不是图片。",
    r"HEIC and AVIF cannot be read here\. Save it as JPEG or PNG\.": "这里读不了 HEIC 和 AVIF。请存成 JPEG 或 PNG。",
    r"It is a zip inside a zip\. Unpack it, and put its pictures into one zip\.": (
        "这是压缩包里的压缩包。请解开它，把图片放进同一个压缩包。"
    ),
    r"It is an archive or a document, not a picture\.": "这是压缩包或文档，不是图片。",
    r"It is (.+), not a picture\.": "这不是图片（{0}）。",
    r"It is not a picture that can be read here\. JPEG, PNG, WebP, BMP, TIFF and GIF can\.": (
        "这里读不了这种图片。可以用 JPEG、PNG、WebP、BMP、TIFF 和 GIF。"
    ),
    r"It is ([\d,]+) x ([\d,]+) pixels; (.+) are the most\. Save it smaller\.": (
        "它有 {0} × {1} 像素，超过了上限。请缩小后保存。"
    ),
    r"It is (\d+) x (\d+) pixels; the shorter side needs (\d+) at least\.": "它只有 {0} × {1} 像素，短边至少要 {2}。",
    r"It has far more than (.+)\. Save it smaller\.": "像素太多。请缩小后保存。",
    r"It is packed in a way that cannot be read here\. Make the zip again with usual settings\.": (
        "这里读不了它的压缩方式。请用普通设置重新压缩。"
    ),
    r"It needs more memory than there is\. Save it smaller\.": "内存不够用。请缩小后保存。",
    r"The file is not whole: its end is missing\. Copy or save it again\.": "文件不完整，缺少末尾。请重新复制或保存。",
    r"It is damaged and cannot be read as a picture\. Save it anew as PNG or JPEG\.": (
        "文件已损坏，无法作为图片读取。请重新存成 PNG 或 JPEG。"
    ),
    # paintings: what cannot be done with the whole
    r"No painting was accepted: that is too few to learn from; bring at least (\d+)\.(?: .*)?": (
        "没有一幅画可用。请至少带来 {0} 幅。"
    ),
    r"(\d+) paintings? (?:is|are) too few to learn from; bring at least (\d+)\.(?: .*)?": (
        "只有 {0} 幅画可用，太少了，学不到什么。请至少带来 {1} 幅。"
    ),
    r"(\d+) paintings are too few to learn from\. Bring at least (\d+)\.": "只有 {0} 幅画，太少了。请至少带来 {1} 幅。",
    r"(\d+) paintings would be too few to learn from\. Keep at least (\d+)\.": (
        "只剩 {0} 幅画就太少了。请至少留下 {1} 幅。"
    ),
    r"There are no prepared paintings here\. Bring some first\.": "这里还没有画作。请先带来一些。",
    r"The list of prepared paintings is damaged\. Bring the paintings again\.": "画作清单已损坏。请重新带来画作。",
    r"The paintings cannot be kept \((.*)\)\. Make room on the disk, or choose another folder\.": (
        "画作无法保存（{0}）。请在磁盘上腾出空间，或换一个文件夹。"
    ),
    r"(.+) cannot be read any more\. Bring the paintings again\.": "{0} 已无法读取。请重新带来画作。",
    r"(.+) is not a colour\. Write it like #ffffff\.": "{0} 不是颜色。请写成 #ffffff 的样子。",
    # runs
    r"There is no such run here\. It may have been deleted; start a new one\.": (
        "这里没有这个训练，可能已被删除。请新建一个。"
    ),
    r"This run (?:has been|was) deleted(?: in the meantime)?\. Start a new one\.": "这个训练已被删除。请新建一个。",
    r"This run has no model yet\. .*": "还没有模型。请等训练第一次保存，通常只要几秒。",
    r"The paintings of this run are being prepared\. Wait until that is done\.": "画作正在准备中。请等它完成。",
    r"This run has no paintings yet\. Bring some first\.": "还没有画作。请先带来一些。",
    r"This run is (\w+)\. Only a training can be paused\.": "现在没有可以暂停的训练。",
    r"This run is (\w+)\. Only a paused or failed training can be resumed\.": "只有暂停或失败的训练才能继续。",
    r"This run is (\w+)\. Only a training can be stopped\.": "现在没有可以停止的训练。",
    r"This run is (\w+)\. Only a finished run can be trained longer\.": "只有完成的训练才能延长。",
    r"This run is (\w+) and keeps its paintings and recipe\. .*": (
        "这个训练已经开始，画作和设置不能再改。请新建一个，或以它的模型为起点。"
    ),
    r"What is needed to train this run longer is not there\. .*": (
        "延长训练所需的文件不在了。请以它的模型为起点新建一个。"
    ),
    r"This run is being trained.*": "这个训练正在进行。请先暂停或停止。",
    r"The run could not be copied\. .*": "无法复制。请看看磁盘是否已满，然后再试。",
    r"The training of this run cannot be ended\. .*": "无法结束这个训练。请再试一次，或重启电脑。",
    r"A run needs a name\. Type one\.": "请输入名称。",
    r"(\d+) favourites are too many\. Keep at most (\d+)\.": "收藏太多了，最多 {1} 个。",
    r"The disk is full\. .*": "磁盘已满。请腾出一些空间（例如删除旧的训练），然后再试。",
    r"There was not enough memory\. .*": "内存不足。请关闭其他程序，或选择较小的图片，然后再训练。",
    r"(.+) cannot be written\. .*": "无法写入 {0}。请检查文件夹的权限。",
    # training
    r"(.+) minutes cannot be trained at once\. Choose (.+) to (.+)\.": "一次不能训练 {0} 分钟，请选 {1} 到 {2} 分钟。",
    r"The losses stopped being numbers three times, even with smaller steps\. .*": (
        "计算结果三次失效，减小步幅也没有用。请换一个随机种子，或去掉纯色的画，再开始新的训练。"
    ),
    r"A loss was not a number\.": "一次计算失效，已回到上一个可靠的版本，以更小的步幅继续。",
    r"The training was ended from outside again and again, .*": (
        "训练多次被外部终止，多半是内存不足。请关闭其他程序，或选择较小的图片，然后继续。"
    ),
    r"The training crashed again and again \((.*)\)\. .*": "训练多次崩溃（{0}）。",
    r"The training ended again and again without getting anywhere\. .*": (
        "训练多次中断，没有进展。请关闭其他程序后继续。"
    ),
    r"The training stopped at an error of its own \((.*)\)\. .*": "训练因自身的错误而停止（{0}）。请再试一次。",
    r"The saved training does not fit this run \((.*)\)\. .*": "保存的训练与此不符（{0}）。请用它的模型新建一个训练。",
    # models
    r"The model is of format (.+), this version reads (\d+)\. .*": (
        "这个模型是 {0} 号格式，本版本只读 {1} 号。请重新训练，或用当初的版本打开。"
    ),
    r"The model's weights do not fit together \((.*)\)\. .*": "模型的权重对不上（{0}）。请换一份副本。",
    r"The model's addresses of the paintings are damaged\. .*": "模型里画作的坐标已损坏。请换一份副本。",
    r"(.+) is damaged or is not a neural_art model \((.*)\)\. .*": (
        "{0} 已损坏，或不是 neural_art 的模型（{1}）。请换一份副本。"
    ),
    r"There is no (.+) in (.+)\. Train first, .*": "{1} 里没有 {0}。请先训练，或换一个文件夹。",
    # exploring and films
    r"There is no painting (\d+)\. .*": "没有第 {0} 幅画。",
    r"A film cannot go through (\d+) pictures\. Choose (\d+) to (\d+)\.": "影片不能经过 {0} 幅图，请选 {1} 到 {2} 幅。",
    r"A film cannot last (.+) seconds\. Choose (.+) to (.+)\.": "影片不能是 {0} 秒，请选 {1} 到 {2} 秒。",
    r"A film goes through at most (\d+) pictures\. Choose fewer\.": "影片最多经过 {0} 幅图，请少选一些。",
    r"There is nothing to film yet\. .*": "还没有可以拍成影片的内容。请等第一批图出现。",
    r"The film could not be written \((.*)\)\. .*": "影片无法写入（{0}）。请在磁盘上腾出空间后再试。",
    r"There is no such film\. Make it again\.": "没有这部影片。请重新制作。",
    # the page itself
    r"These files are more than (\d+) MB together\. .*": "这些文件加起来超过 {0} MB。请少带一些，或缩小后再带来。",
    r"There is nothing to check\. .*": "没有可以检查的文件。请先带来一些画作。",
    r"This is being done already\. .*": "已经在进行中。请等它完成。",
    r"A file did not arrive\. Bring it again\.": "有一个文件没有送到。请重新带来。",
    r"Something went wrong on the server\. .*": "服务器出了问题。请再试一次，服务器的日志里有详情。",
    r".* Reload the page\.": "页面与服务器没有对上。请重新载入页面。",
}

_FORMS: Final = tuple((re.compile(form, re.DOTALL), said) for form, said in CHINESE.items())


def in_language(sentence: str, language: str) -> str:
    """A sentence of another module in ``language`` ("en" or "zh")."""
    if language == "zh":
        for form, said in _FORMS:
            if found := form.fullmatch(sentence):
                return said.format(*found.groups())
    return sentence
