"""Where paintings are dropped or chosen: a folder with its sub-folders, files or zips."""

from __future__ import annotations

from neural_art.web.components.base import CustomComponent


class FolderPicker(CustomComponent):
    """Gives what is picked to ``Upload``. ``elem_classes="small"``: a small one, to add more. It has no value.

    Stock ``gr.File`` loses the names of sub-folders, which are the paintings' classes, and takes no dropped folder.
    """

    file = "folder_picker"
