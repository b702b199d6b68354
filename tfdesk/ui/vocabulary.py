"""Words that reach the window as data, so that translators find them: ``text.in_words`` says them.

Stored values, files and the command line keep the English words. Labels of a clinic's own model that are not
in here are shown as the model names them.
"""

from __future__ import annotations

from tfdesk.core.said import said

EMOTIONS = (
    said("neutral"),
    said("joy"),
    said("sadness"),
    said("depression"),
    said("fear"),
    said("anger"),
    said("disgust"),
    said("shame"),
)
STRATEGIES = (
    said("open question"),
    said("reflection"),
    said("validation"),
    said("interpretation"),
    said("suggestion"),
    said("information"),
    said("structuring"),
    said("other"),
)
COMPONENTS = (
    said("emotion"),
    said("relevance"),
    said("professional"),
    said("empathy"),
    said("fluency"),
    said("safety"),
    said("reference"),
)
RISKS = (
    said("suicide"),
    said("self-harm"),
    said("harm to others"),
    said("abuse"),
    said("acute danger"),
    said("minor at risk"),
    said("marked by a person"),
)
REJECT_REASONS = (
    said("off topic"),
    said("misses the emotion"),
    said("too generic"),
    said("advice too early"),
    said("wrong tone"),
    said("unsafe"),
)
DISPOSITIONS = (
    said("Contacted the client, safe for now"),
    said("Handed over to on-call clinician"),
    said("Handed over to the supervisor"),
    said("Emergency services"),
    said("Not a risk (say why)"),
)
DRAFT_STATES = (
    said("offered"),
    said("approved"),
    said("edited"),
    said("rejected"),
    said("superseded"),
)
ROLES = (
    said("therapist"),
    said("supervisor"),
)
SKIPPED = (  # why a line of a pasted chat is left out
    said("no speaker before it"),
    said("no speaker is named (a notice of the messenger)"),
    said("no cue (a note or a style)"),
    said("a heading"),
    said("a rule"),
    said("no words"),
    said("half of a surrogate pair"),
    said("the map leaves this speaker out"),
)
PROCESSES = (  # what the model and training processes say
    said("The risk screen could not read this conversation, so nothing was drafted; read it yourself."),
    said("The risk screen reads English only, so nothing was drafted; read this conversation yourself."),
    said("There is too much text to screen for risk, so nothing was drafted; start a new session."),
    said("The client's words may point to danger, so nothing was drafted; follow the clinic's protocol."),
    said("There is too little to go on; nothing was drafted."),
    said("The client asks about you; only you can answer that, so nothing was drafted."),
    said("None of the candidates was good enough to show; try again or write your own."),
    said("A fault in the model process; nothing was drafted."),
    said("Starter model: for evaluation. Train your own before clinical use."),
    said("The program made a mistake and stopped; nothing that was saved is lost."),
)
LOG = (  # kinds of entries of the audit log
    said("approved"),
    said("edited"),
    said("own"),
    said("rejected"),
    said("undone"),
    said("turn edited"),
    said("pasted"),
    said("imported"),
    said("risk hit"),
    said("risk flagged"),
    said("risk disposed"),
    said("risk seen"),
    said("risk taken over"),
    said("risk given back"),
    said("consent granted"),
    said("consent revoked"),
    said("client erased"),
    said("client exported"),
    said("training material taken"),
    said("must retrain"),
    said("model imported"),
    said("model promoted"),
    said("model rolled back"),
    said("starter chosen"),
    said("emotion policy"),
    said("backup made"),
    said("vault created"),
    said("vault restored"),
    said("vault rekeyed"),
    said("older copy accepted"),
    said("passphrase set"),
    said("passphrase removed"),
    said("signing key set"),
    said("opened with the recovery key"),
    said("recovery key typed back"),
    said("recovery key renewed"),
    said("recovery key removed"),
)
