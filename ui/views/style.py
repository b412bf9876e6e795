"""How the panel looks: neutral greys, for colours are judged beside it, and one quiet accent."""

from __future__ import annotations

from qtpy.QtGui import QColor, QPalette

GROUND = "#1c1c1c"
PANEL = "#232323"
RAISED = "#2d2d2d"
PRESSED = "#3a3a3a"
LINE = "#383838"
TEXT = "#d4d4d4"
DIM = "#969696"
FAINT = "#5e5e5e"
ACCENT = "#d8a25e"
SURROUND = "#1a1a1a"

STATE_COLOURS = {
    "no still": DIM,
    "draft": "#a9b4bf",
    "rendered": "#8dbb8a",
    "out of date": ACCENT,
    "failed": "#e07f74",
    "waiting": DIM,
    "running": ACCENT,
    "paused": "#a9b4bf",
    "done": "#8dbb8a",
    "cancelled": DIM,
    "bundling": ACCENT,
    "bundled": "#a9b4bf",
    "sent": ACCENT,
    "stopped": "#a9b4bf",
}
PROBLEM = "#e07f74"

_CONFIDENCE = ((0.0, (68, 20, 60)), (0.4, (150, 50, 60)), (0.7, (216, 162, 94)), (1.0, (225, 240, 200)))


def confidence_colour(share: float) -> tuple[int, int, int]:
    """A colour for a confidence 0..1: dark red for none, over amber, to pale green; its lightness alone tells it."""
    for (low, dark), (high, light) in zip(_CONFIDENCE, _CONFIDENCE[1:]):
        if share <= high:
            part = max(0.0, (share - low) / (high - low))
            return tuple(round(one + (other - one) * part) for one, other in zip(dark, light))  # type: ignore[return-value]
    return _CONFIDENCE[-1][1]


def palette() -> QPalette:
    """For the panel's widgets, whatever the host's own is."""
    colours = QPalette()
    roles = {
        QPalette.ColorRole.Window: PANEL,
        QPalette.ColorRole.WindowText: TEXT,
        QPalette.ColorRole.Base: GROUND,
        QPalette.ColorRole.AlternateBase: PANEL,
        QPalette.ColorRole.Text: TEXT,
        QPalette.ColorRole.Button: RAISED,
        QPalette.ColorRole.ButtonText: TEXT,
        QPalette.ColorRole.ToolTipBase: RAISED,
        QPalette.ColorRole.ToolTipText: TEXT,
        QPalette.ColorRole.Highlight: PRESSED,
        QPalette.ColorRole.HighlightedText: "#ffffff",
        QPalette.ColorRole.PlaceholderText: DIM,
    }
    for role, colour in roles.items():
        colours.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        colours.setColor(QPalette.ColorGroup.Disabled, role, QColor(FAINT))
    return colours


SHEET = f"""
QWidget {{ color: {TEXT}; }}
QWidget#panel, QMainWindow, QSplitter, QScrollArea, QScrollArea > QWidget > QWidget {{ background: {PANEL}; }}
QSplitter::handle {{ background: {GROUND}; }}
QLabel#heading {{ color: {DIM}; font-weight: 600; }}
QLabel#dim {{ color: {DIM}; }}
QLabel#problem {{ color: {PROBLEM}; }}
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit {{
    background: {GROUND}; border: 1px solid {LINE}; border-radius: 3px; padding: 2px 5px;
    selection-background-color: {PRESSED};
}}
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QListView:focus, QToolButton:focus,
QPushButton:focus, QSlider:focus, QPlainTextEdit:focus {{ border: 1px solid {ACCENT}; }}
QComboBox::drop-down {{ border: 0; width: 14px; }}
QComboBox::down-arrow {{
    image: none; width: 0; height: 0; margin-right: 5px;
    border-left: 4px solid {GROUND}; border-right: 4px solid {GROUND}; border-top: 5px solid {DIM};
}}
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {{
    width: 0; height: 0; border: 0;
}}
QComboBox QAbstractItemView {{ background: {RAISED}; border: 1px solid {LINE}; selection-background-color: {PRESSED}; }}
QListView {{ background: {GROUND}; border: 1px solid {GROUND}; outline: none; }}
QPlainTextEdit {{ color: {DIM}; }}
QToolButton, QPushButton {{
    background: {RAISED}; border: 1px solid {RAISED}; border-radius: 3px; padding: 2px 5px;
}}
QToolButton#small {{ padding: 1px 2px; background: {PANEL}; border: 1px solid {PANEL}; color: {ACCENT}; }}
QToolButton:hover, QPushButton:hover {{ background: {PRESSED}; }}
QToolButton:checked {{ background: {PRESSED}; border: 1px solid {FAINT}; color: {ACCENT}; }}
QToolButton:disabled, QPushButton:disabled {{ color: {FAINT}; background: {PANEL}; }}
QToolButton::menu-indicator {{ image: none; }}
QTabWidget::pane {{ border: 0; border-top: 1px solid {LINE}; }}
QTabBar::tab {{
    background: {PANEL}; color: {DIM}; padding: 5px 12px; border: 0; border-bottom: 2px solid {PANEL};
}}
QTabBar::tab:selected {{ color: {TEXT}; border-bottom: 2px solid {ACCENT}; }}
QTabBar::tab:focus {{ border: 1px solid {ACCENT}; }}
QMenuBar {{ background: {GROUND}; color: {TEXT}; }}
QMenuBar::item:selected, QMenu::item:selected {{ background: {PRESSED}; }}
QMenu {{ background: {RAISED}; border: 1px solid {LINE}; }}
QMenu::separator {{ height: 1px; background: {LINE}; margin: 0.2em; }}
QMenu::item:disabled {{ color: {FAINT}; }}
QToolTip {{ background: {RAISED}; color: {TEXT}; border: 1px solid {LINE}; }}
QSlider::groove:horizontal {{ height: 3px; background: {PRESSED}; border-radius: 1px; }}
QSlider::sub-page:horizontal {{ background: {FAINT}; border-radius: 1px; }}
QSlider::handle:horizontal {{ width: 10px; margin: -5px 0; border-radius: 5px; background: {DIM}; }}
QSlider::handle:horizontal:hover {{ background: {TEXT}; }}
QScrollBar:vertical {{ background: {GROUND}; width: 9px; margin: 0; }}
QScrollBar:horizontal {{ background: {GROUND}; height: 9px; margin: 0; }}
QScrollBar::handle {{ background: {PRESSED}; border-radius: 4px; min-height: 24px; min-width: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
"""
