"""The page's look as a Gradio theme: paper, ink and one pigment, viridian. ``styles`` only uses its variables."""

from __future__ import annotations

from typing import Final

import gradio as gr
from gradio.themes.utils import sizes

VIRIDIAN: Final = gr.themes.Color(
    name="viridian",
    c50="#eef5f1", c100="#e1ece6", c200="#c3ddd2", c300="#a5dfca", c400="#7fcbb1", c500="#3f9a82",
    c600="#1d6a58", c700="#15523f", c800="#123f33", c900="#20332c", c950="#0e1f19",
)  # fmt: skip
PAPER: Final = gr.themes.Color(
    name="paper",
    c50="#f8f6f1", c100="#efebe3", c200="#ddd7cc", c300="#c9c2b5", c400="#aca497", c500="#7d766a",
    c600="#67625a", c700="#36322c", c800="#201e1b", c900="#171614", c950="#11100e",
)  # fmt: skip
SANS: Final = (
    "system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Helvetica Neue", "Arial", "Liberation Sans",
    "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "sans-serif",
)  # fmt: skip


class Paper(gr.themes.Base):
    """Warm paper by day, dark wood by night."""

    def __init__(self) -> None:
        super().__init__(
            primary_hue=VIRIDIAN,
            secondary_hue=VIRIDIAN,
            neutral_hue=PAPER,
            text_size=sizes.text_md,
            spacing_size=sizes.spacing_lg,
            radius_size=sizes.radius_md,
            font=list(SANS),
        )
        accent, ink = {"light": "*primary_600", "dark": "*primary_400"}, {"light": "#23211d", "dark": "#f1ece2"}
        soft, line = (
            {"light": "*neutral_600", "dark": "*neutral_400"},
            {"light": "*neutral_200", "dark": "*neutral_700"},
        )
        wall, none = {"light": "white", "dark": "*neutral_800"}, {"light": "transparent", "dark": "transparent"}
        self.set(
            **_both("body_background_fill", {"light": "*neutral_50", "dark": "*neutral_900"}),
            **_both("body_text_color", ink),
            **_both("body_text_color_subdued", soft),
            **_both("background_fill_primary", wall),
            **_both("background_fill_secondary", {"light": "*neutral_100", "dark": "*neutral_950"}),
            **_both("border_color_primary", line),
            **_both("border_color_accent", accent),
            color_accent="*primary_600",
            **_both("color_accent_soft", {"light": "*primary_100", "dark": "*primary_900"}),
            **_both("link_text_color", accent),
            **_both("block_background_fill", none),
            **_both("block_border_width", {"light": "0px", "dark": "0px"}),
            block_padding="0px",
            block_shadow="none",
            block_label_text_color="*body_text_color_subdued",
            block_title_text_color="*body_text_color",
            block_title_text_weight="400",
            block_title_text_size="14px",
            block_info_text_color="*body_text_color_subdued",
            **_both("block_label_background_fill", none),
            **_both("block_label_border_width", {"light": "0px", "dark": "0px"}),
            **_both("panel_background_fill", none),
            form_gap_width="0px",
            layout_gap="16px",
            **_both("slider_color", accent),
            **_both("input_background_fill", wall),
            **_both("input_border_color", {"light": "#8d867b", "dark": "#7d766a"}),
            input_radius="8px",
            input_shadow="none",
            input_shadow_focus="none",
            **_both("checkbox_label_background_fill", wall),
            **_both("checkbox_label_background_fill_selected", wall),
            checkbox_label_border_width="1px",
            checkbox_label_shadow="none",
            checkbox_label_padding="10px 16px",
            **_both("checkbox_background_color_selected", accent),
            **_both("checkbox_border_color_selected", accent),
            **_both("checkbox_label_border_color_selected", accent),
            checkbox_label_text_color_selected="*body_text_color",
            **_both("button_border_width", {"light": "1px", "dark": "1px"}),
            button_large_radius="999px",
            button_medium_radius="999px",
            button_small_radius="999px",
            button_large_text_weight="500",
            button_medium_text_weight="500",
            button_small_text_weight="500",
            button_large_padding="15px 30px",
            button_large_text_size="17px",
            button_medium_padding="10px 20px",
            button_medium_text_size="15px",
            button_small_padding="8px 12px",
            button_small_text_size="14px",
            **_both("button_primary_background_fill", accent),
            **_both("button_primary_background_fill_hover", {"light": "*primary_700", "dark": "*primary_300"}),
            **_both("button_primary_border_color", accent),
            **_both("button_primary_text_color", {"light": "white", "dark": "*primary_950"}),
            **_both("button_secondary_background_fill", wall),
            **_both("button_secondary_background_fill_hover", wall),
            **_both("button_secondary_border_color", line),
            **_both("button_secondary_border_color_hover", {"light": "*neutral_500", "dark": "*neutral_500"}),
            **_both("button_secondary_text_color", {"light": "*body_text_color", "dark": "*body_text_color"}),
            prose_header_text_weight="400",
            section_header_text_weight="400",
        )


def _both(variable: str, values: dict[str, str]) -> dict[str, str]:
    """A theme variable for light and dark."""
    return {variable: values["light"], f"{variable}_dark": values["dark"]}
