"""What all screens share that open over the dashboard."""

from textual.screen import ModalScreen, ScreenResultType


class OverScreen(ModalScreen[ScreenResultType]):
    """A screen that hears no key before it is all there."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Refuse what is typed faster than the screen is made: it would look for its parts."""
        return self.is_mounted and super().check_action(action, parameters)
