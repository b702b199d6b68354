"""The language of the window: which one, and its catalogue. Set once, before the first widget is made."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from trainer.config import resources_dir

NAMES = {"en": "English", "de": "Deutsch"}  # in their own words: whoever needs one reads it so

_SPOKEN = "spoken_language"  # property of the application


def chosen(setting: str) -> str:
    """The language to speak: the one that was set, else the first of the system's that we have."""
    wanted = [setting] if setting else [tag.split("-")[0] for tag in QLocale.system().uiLanguages()]
    return next((language for language in wanted if language in NAMES), "en")


def spoken() -> str:
    """The language that is spoken now."""
    application = QCoreApplication.instance()
    return (application.property(_SPOKEN) if application is not None else None) or "en"


def speak(application: QCoreApplication, language: str) -> None:
    """Have everything said in ``language`` from now on, Qt's own words, dates and numbers too.

    Widgets made before keep their words; translators that were installed before are taken off.
    """
    for old in application.findChildren(QTranslator):
        application.removeTranslator(old)
        old.deleteLater()
    system = QLocale.system()
    asked = QLocale(language)
    application.setProperty(_SPOKEN, language)
    QLocale.setDefault(system if system.language() == asked.language() else asked)  # a region's own habits
    qt = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for name, folder in (("qtbase", qt), ("tfdesk", str(resources_dir() / "translations"))):
        translator = QTranslator(application)
        if language != "en" and translator.load(f"{name}_{language}", folder):
            application.installTranslator(translator)
