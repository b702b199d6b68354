<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de">
<context>
    <name></name>
    <message>
        <source>This did not work</source>
        <translation>Das hat nicht geklappt</translation>
    </message>
    <message>
        <source>This cannot be used</source>
        <translation>Das kann nicht verwendet werden</translation>
    </message>
    <message>
        <source>The vault is locked</source>
        <translation>Der Tresor ist gesperrt</translation>
    </message>
    <message>
        <source>The vault is locked.</source>
        <translation>Der Tresor ist gesperrt.</translation>
    </message>
    <message>
        <source>Unlock it first.</source>
        <translation>Entsperren Sie ihn zuerst.</translation>
    </message>
    <message>
        <source>Not opened</source>
        <translation>Nicht geöffnet</translation>
    </message>
    <message>
        <source>There is no vault yet</source>
        <translation>Es gibt noch keinen Tresor</translation>
    </message>
    <message>
        <source>There is a vault already</source>
        <translation>Es gibt bereits einen Tresor</translation>
    </message>
    <message>
        <source>No passphrase for this role</source>
        <translation>Keine Passphrase für diese Rolle</translation>
    </message>
    <message>
        <source>The vault cannot be read</source>
        <translation>Der Tresor kann nicht gelesen werden</translation>
    </message>
    <message>
        <source>The vault is from a newer version</source>
        <translation>Der Tresor stammt von einer neueren Version</translation>
    </message>
    <message>
        <source>The key ring cannot be used</source>
        <translation>Der Schlüsselbund kann nicht verwendet werden</translation>
    </message>
    <message>
        <source>The model cannot be used</source>
        <translation>Das Modell kann nicht verwendet werden</translation>
    </message>
    <message>
        <source>Already decided</source>
        <translation>Bereits entschieden</translation>
    </message>
    <message>
        <source>Nothing to undo</source>
        <translation>Nichts rückgängig zu machen</translation>
    </message>
    <message>
        <source>Please look at the risk first</source>
        <translation>Bitte sehen Sie sich zuerst das Risiko an</translation>
    </message>
    <message>
        <source>{0} could not be written ({1}).</source>
        <translation>{0} konnte nicht geschrieben werden ({1}).</translation>
    </message>
    <message>
        <source>Check that the disk has room and that the data folder may be written to.</source>
        <translation>Prüfen Sie, ob der Datenträger Platz hat und in den Datenordner geschrieben werden darf.</translation>
    </message>
    <message>
        <source>{0}: the folder cannot be used ({1}).</source>
        <translation>{0}: Der Ordner kann nicht verwendet werden ({1}).</translation>
    </message>
    <message>
        <source>There is not enough room for {0}: it needs {1:,.1f} MB, {2:,.1f} MB are free; nothing was changed.</source>
        <translation>Der Platz reicht nicht für {0}: Nötig sind {1:,.1f} MB, frei sind {2:,.1f} MB; es wurde nichts geändert.</translation>
    </message>
    <message>
        <source>Make room on the disk, or choose another one.</source>
        <translation>Schaffen Sie Platz auf dem Datenträger oder wählen Sie einen anderen.</translation>
    </message>
    <message>
        <source>The vault is being replaced by another program.</source>
        <translation>Ein anderes Programm ersetzt gerade den Tresor.</translation>
    </message>
    <message>
        <source>Another program is using the vault; nothing was changed.</source>
        <translation>Ein anderes Programm verwendet den Tresor; es wurde nichts geändert.</translation>
    </message>
    <message>
        <source>The data folder cannot be used ({0}).</source>
        <translation>Der Datenordner kann nicht verwendet werden ({0}).</translation>
    </message>
    <message>
        <source>Check that it may be written to.</source>
        <translation>Prüfen Sie, ob hineingeschrieben werden darf.</translation>
    </message>
    <message>
        <source>Close it and try again.</source>
        <translation>Schließen Sie es und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>An older copy of the vault was put back, or the end of its log is lost: the log ends at entry {0}, but entry {1} had been written.</source>
        <translation>Eine ältere Kopie des Tresors wurde zurückgelegt, oder das Ende seines Prüfprotokolls fehlt: Es endet mit Eintrag {0}, geschrieben war aber schon Eintrag {1}.</translation>
    </message>
    <message>
        <source>The anchor of the log was changed or damaged; an older copy cannot be ruled out.</source>
        <translation>Der Anker des Prüfprotokolls wurde verändert oder beschädigt; eine ältere Kopie ist nicht auszuschließen.</translation>
    </message>
    <message>
        <source>The vault could not be made ({0}).</source>
        <translation>Der Tresor konnte nicht angelegt werden ({0}).</translation>
    </message>
    <message>
        <source>The passphrase is empty.</source>
        <translation>Die Passphrase ist leer.</translation>
    </message>
    <message>
        <source>Choose one that you can remember; a few words are best.</source>
        <translation>Wählen Sie eine, die Sie sich merken können; am besten einige Wörter.</translation>
    </message>
    <message>
        <source>The passphrase holds a character that cannot be stored.</source>
        <translation>Die Passphrase enthält ein Zeichen, das nicht gespeichert werden kann.</translation>
    </message>
    <message>
        <source>The passphrase is longer than {0:,} bytes.</source>
        <translation>Die Passphrase ist länger als {0:,} Byte.</translation>
    </message>
    <message>
        <source>Shorten it.</source>
        <translation>Bitte kürzen.</translation>
    </message>
    <message>
        <source>There is no vault in this data folder.</source>
        <translation>In diesem Datenordner gibt es keinen Tresor.</translation>
    </message>
    <message>
        <source>Create one first.</source>
        <translation>Legen Sie zuerst einen an.</translation>
    </message>
    <message>
        <source>The key file {0} and its copy cannot be read.</source>
        <translation>Die Schlüsseldatei {0} und ihre Kopie können nicht gelesen werden.</translation>
    </message>
    <message>
        <source>Put back both from a backup; without them the vault cannot be opened.</source>
        <translation>Legen Sie beide aus einer Sicherung zurück; ohne sie lässt sich der Tresor nicht öffnen.</translation>
    </message>
    <message>
        <source>A newer version of the program wrote this vault&apos;s key file.</source>
        <translation>Eine neuere Version des Programms hat die Schlüsseldatei dieses Tresors geschrieben.</translation>
    </message>
    <message>
        <source>Open it with that version; nothing was changed.</source>
        <translation>Öffnen Sie ihn mit jener Version; es wurde nichts geändert.</translation>
    </message>
    <message>
        <source>The vault could not be copied: the disk is full or failed; nothing was changed.</source>
        <translation>Der Tresor konnte nicht kopiert werden: Der Datenträger ist voll oder gestört; es wurde nichts geändert.</translation>
    </message>
    <message>
        <source>Make room and try again.</source>
        <translation>Schaffen Sie Platz und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>The vault file {0} is empty.</source>
        <translation>Die Tresordatei {0} ist leer.</translation>
    </message>
    <message>
        <source>Put it back from a backup.</source>
        <translation>Legen Sie sie aus einer Sicherung zurück.</translation>
    </message>
    <message>
        <source>The vault file is damaged.</source>
        <translation>Die Tresordatei ist beschädigt.</translation>
    </message>
    <message>
        <source>Restore it from a backup.</source>
        <translation>Stellen Sie sie aus einer Sicherung wieder her.</translation>
    </message>
    <message>
        <source>The copy of the vault lacks rows; nothing was changed.</source>
        <translation>Der Kopie des Tresors fehlen Zeilen; es wurde nichts geändert.</translation>
    </message>
    <message>
        <source>A newer version of the program wrote {0}.</source>
        <translation>Eine neuere Version des Programms hat {0} geschrieben.</translation>
    </message>
    <message>
        <source>The vault file {0} could not be made ({1}).</source>
        <translation>Die Tresordatei {0} konnte nicht angelegt werden ({1}).</translation>
    </message>
    <message>
        <source>The vault file {0} is missing.</source>
        <translation>Die Tresordatei {0} fehlt.</translation>
    </message>
    <message>
        <source>Put it back from a backup; its key file is still here.</source>
        <translation>Legen Sie sie aus einer Sicherung zurück; ihre Schlüsseldatei ist noch da.</translation>
    </message>
    <message>
        <source>The vault file {0} cannot be read ({1}).</source>
        <translation>Die Tresordatei {0} kann nicht gelesen werden ({1}).</translation>
    </message>
    <message>
        <source>{0} is a database without encryption and was not opened.</source>
        <translation>{0} ist eine unverschlüsselte Datenbank und wurde nicht geöffnet.</translation>
    </message>
    <message>
        <source>Move it away and put the vault back from a backup.</source>
        <translation>Legen Sie sie anderswohin und stellen Sie den Tresor aus einer Sicherung wieder her.</translation>
    </message>
    <message>
        <source>There is a vault in this data folder already.</source>
        <translation>In diesem Datenordner gibt es bereits einen Tresor.</translation>
    </message>
    <message>
        <source>Unlock it instead.</source>
        <translation>Entsperren Sie stattdessen diesen.</translation>
    </message>
    <message>
        <source>The key file of a vault is here but {0} is missing.</source>
        <translation>Die Schlüsseldatei eines Tresors ist da, aber {0} fehlt.</translation>
    </message>
    <message>
        <source>Put it back from a backup, or choose another data folder.</source>
        <translation>Legen Sie sie aus einer Sicherung zurück oder wählen Sie einen anderen Datenordner.</translation>
    </message>
    <message>
        <source>The recovery key has a typing error.</source>
        <translation>Der Wiederherstellungsschlüssel enthält einen Tippfehler.</translation>
    </message>
    <message>
        <source>Compare it letter by letter.</source>
        <translation>Vergleichen Sie ihn Buchstabe für Buchstabe.</translation>
    </message>
    <message>
        <source>This recovery key belongs to another vault.</source>
        <translation>Dieser Wiederherstellungsschlüssel gehört zu einem anderen Tresor.</translation>
    </message>
    <message>
        <source>No {0} passphrase has been set yet.</source>
        <translation>Für die Rolle „{0}“ wurde noch keine Passphrase festgelegt.</translation>
    </message>
    <message>
        <source>Set one while the vault is open.</source>
        <translation>Legen Sie eine fest, während der Tresor offen ist.</translation>
    </message>
    <message>
        <source>That is not the passphrase.</source>
        <translation>Das ist nicht die Passphrase.</translation>
    </message>
    <message>
        <source>That is not the passphrase. Wait {0:.0f} s before the next try.</source>
        <translation>Das ist nicht die Passphrase. Warten Sie {0:.0f} s bis zum nächsten Versuch.</translation>
    </message>
    <message>
        <source>The {0}&apos;s signing key is missing from {1}: it was taken out.</source>
        <translation>Der Signaturschlüssel der Rolle „{0}“ fehlt in {1}: Er wurde herausgenommen.</translation>
    </message>
    <message>
        <source>Put the file back from a backup, or set the {0} passphrase anew for a new key.</source>
        <translation>Legen Sie die Datei aus einer Sicherung zurück, oder legen Sie die Passphrase der Rolle „{0}“ für einen neuen Schlüssel neu fest.</translation>
    </message>
    <message>
        <source>There is a {0} passphrase already.</source>
        <translation>Für die Rolle „{0}“ gibt es bereits eine Passphrase.</translation>
    </message>
    <message>
        <source>Unlock as {0}, or with the recovery key.</source>
        <translation>Entsperren Sie in der Rolle „{0}“ oder mit dem Wiederherstellungsschlüssel.</translation>
    </message>
    <message>
        <source>There is no {0} passphrase.</source>
        <translation>Für die Rolle „{0}“ gibt es keine Passphrase.</translation>
    </message>
    <message>
        <source>Nothing was changed.</source>
        <translation>Es wurde nichts geändert.</translation>
    </message>
    <message>
        <source>The {0} passphrase is not yours to remove.</source>
        <translation>Die Passphrase der Rolle „{0}“ können Sie nicht entfernen.</translation>
    </message>
    <message>
        <source>Unlock as {0}.</source>
        <translation>Entsperren Sie in der Rolle „{0}“.</translation>
    </message>
    <message>
        <source>This is the only passphrase of the vault; nothing was changed.</source>
        <translation>Das ist die einzige Passphrase des Tresors; es wurde nichts geändert.</translation>
    </message>
    <message>
        <source>The key ring is switched off.</source>
        <translation>Der Schlüsselbund ist ausgeschaltet.</translation>
    </message>
    <message>
        <source>Use the passphrase instead.</source>
        <translation>Verwenden Sie stattdessen die Passphrase.</translation>
    </message>
    <message>
        <source>the model</source>
        <translation>das Modell</translation>
    </message>
    <message>
        <source>The model could not be copied ({0}); nothing was changed.</source>
        <translation>Das Modell konnte nicht kopiert werden ({0}); es wurde nichts geändert.</translation>
    </message>
    <message>
        <source>Make room on the disk and try again.</source>
        <translation>Schaffen Sie Platz auf dem Datenträger und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>{0} exists already.</source>
        <translation>{0} gibt es bereits.</translation>
    </message>
    <message>
        <source>Choose another name.</source>
        <translation>Wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
        <source>Only a client&apos;s message can be marked as a risk.</source>
        <translation>Nur eine Nachricht der Klientin oder des Klienten kann als Risiko markiert werden.</translation>
    </message>
    <message>
        <source>This message is marked already.</source>
        <translation>Diese Nachricht ist bereits markiert.</translation>
    </message>
    <message>
        <source>Record what you did about it.</source>
        <translation>Halten Sie fest, was Sie unternommen haben.</translation>
    </message>
    <message>
        <source>the backup</source>
        <translation>die Sicherung</translation>
    </message>
    <message>
        <source>The backup could not be written</source>
        <translation>Die Sicherung konnte nicht geschrieben werden</translation>
    </message>
    <message>
        <source>The backup does not read back as it was written.</source>
        <translation>Die Sicherung liest sich nicht so, wie sie geschrieben wurde.</translation>
    </message>
    <message>
        <source>Check the disk.</source>
        <translation>Prüfen Sie den Datenträger.</translation>
    </message>
    <message>
        <source>{0}: there is no such folder.</source>
        <translation>{0}: Diesen Ordner gibt es nicht.</translation>
    </message>
    <message>
        <source>Make it first.</source>
        <translation>Legen Sie ihn zuerst an.</translation>
    </message>
    <message>
        <source>{0} cannot be a backup.</source>
        <translation>{0} kann keine Sicherung sein.</translation>
    </message>
    <message>
        <source>Choose the name of a new file.</source>
        <translation>Wählen Sie den Namen einer neuen Datei.</translation>
    </message>
    <message>
        <source>Choose another name, or add --replace.</source>
        <translation>Wählen Sie einen anderen Namen oder ergänzen Sie --replace.</translation>
    </message>
    <message>
        <source>restoring</source>
        <translation>das Wiederherstellen</translation>
    </message>
    <message>
        <source>The backup has no {0} passphrase.</source>
        <translation>Die Sicherung hat keine Passphrase für die Rolle „{0}“.</translation>
    </message>
    <message>
        <source>Use the other role&apos;s.</source>
        <translation>Verwenden Sie die der anderen Rolle.</translation>
    </message>
    <message>
        <source>The backup could not be extracted</source>
        <translation>Die Sicherung konnte nicht entpackt werden</translation>
    </message>
    <message>
        <source>The audit log in the backup breaks at entry {0}.</source>
        <translation>Das Prüfprotokoll in der Sicherung bricht bei Eintrag {0} ab.</translation>
    </message>
    <message>
        <source>Use another backup.</source>
        <translation>Verwenden Sie eine andere Sicherung.</translation>
    </message>
    <message>
        <source>The backup {0} is not what its manifest says.</source>
        <translation>Die Sicherung {0} ist nicht, was ihr Verzeichnis angibt.</translation>
    </message>
    <message>
        <source>Use another.</source>
        <translation>Verwenden Sie eine andere.</translation>
    </message>
    <message>
        <source>With this passphrase the new key cannot be given to: {0}; nothing was changed.</source>
        <translation>Mit dieser Passphrase kann der neue Schlüssel nicht weitergegeben werden an: {0}; es wurde nichts geändert.</translation>
    </message>
    <message>
        <source>Add --drop-other-slots to do without; a new recovery key is then shown.</source>
        <translation>Mit --drop-other-slots geht es ohne sie; dann wird ein neuer Wiederherstellungsschlüssel angezeigt.</translation>
    </message>
    <message>
        <source>a second vault</source>
        <translation>einen zweiten Tresor</translation>
    </message>
    <message>
        <source>The audit log is broken; the vault keeps its key.</source>
        <translation>Das Prüfprotokoll ist unterbrochen; der Tresor behält seinen Schlüssel.</translation>
    </message>
    <message>
        <source>{0} ({1}); nothing was changed.</source>
        <translation>{0} ({1}); es wurde nichts geändert.</translation>
    </message>
    <message>
        <source>Check that the disk has room.</source>
        <translation>Prüfen Sie, ob der Datenträger Platz hat.</translation>
    </message>
    <message>
        <source>This computer has no key ring that keeps secrets encrypted.</source>
        <translation>Dieser Rechner hat keinen Schlüsselbund, der Geheimnisse verschlüsselt aufbewahrt.</translation>
    </message>
    <message>
        <source>The key ring refused to keep the secret.</source>
        <translation>Der Schlüsselbund hat das Geheimnis nicht angenommen.</translation>
    </message>
    <message>
        <source>The key ring did not answer in time.</source>
        <translation>Der Schlüsselbund hat nicht rechtzeitig geantwortet.</translation>
    </message>
    <message>
        <source>The key ring of this computer can open the vault for you.</source>
        <translation>Der Schlüsselbund dieses Rechners kann den Tresor für Sie öffnen.</translation>
    </message>
    <message>
        <source>{0} is no model bundle ({1} is missing).</source>
        <translation>{0} ist kein Modellpaket ({1} fehlt).</translation>
    </message>
    <message>
        <source>This model learned from a client who no longer agrees to training.</source>
        <translation>Dieses Modell hat von einer Person gelernt, die dem Training nicht mehr zustimmt.</translation>
    </message>
    <message>
        <source>Train anew first.</source>
        <translation>Trainieren Sie zuerst neu.</translation>
    </message>
    <message>
        <source>No other model was in use before; nothing was changed.</source>
        <translation>Vorher war kein anderes Modell in Gebrauch; es wurde nichts geändert.</translation>
    </message>
    <message>
        <source>{0} holds files that do not belong to a bundle.</source>
        <translation>{0} enthält Dateien, die nicht zu einem Modellpaket gehören.</translation>
    </message>
    <message>
        <source>The model could not be copied ({0}).</source>
        <translation>Das Modell konnte nicht kopiert werden ({0}).</translation>
    </message>
    <message>
        <source>The clinic&apos;s file {0} cannot be read; this is the standard protocol.</source>
        <translation>Die Datei {0} der Klinik kann nicht gelesen werden; dies ist das Standardprotokoll.</translation>
    </message>
    <message>
        <source>the sheet is not encrypted; print it, keep it locked away from this computer, delete the file.</source>
        <translation>Das Blatt ist nicht verschlüsselt. Drucken Sie es aus, verwahren Sie es verschlossen und nicht beim Rechner, löschen Sie die Datei.</translation>
    </message>
    <message>
        <source>The key has a typing error.</source>
        <translation>Der Schlüssel enthält einen Tippfehler.</translation>
    </message>
    <message>
        <source>This is not the recovery key of this vault.</source>
        <translation>Das ist nicht der Wiederherstellungsschlüssel dieses Tresors.</translation>
    </message>
    <message>
        <source>Type the newest one.</source>
        <translation>Geben Sie den neuesten ein.</translation>
    </message>
    <message>
        <source>The vault has no recovery key.</source>
        <translation>Der Tresor hat keinen Wiederherstellungsschlüssel.</translation>
    </message>
    <message>
        <source>The sheet would lie beside the vault: who takes the folder could open it.</source>
        <translation>Das Blatt läge neben dem Tresor: Wer den Ordner nimmt, könnte ihn öffnen.</translation>
    </message>
    <message>
        <source>Choose a place outside the data folder.</source>
        <translation>Wählen Sie einen Ort außerhalb des Datenordners.</translation>
    </message>
    <message>
        <source>Approval undone; the drafts are open again.</source>
        <translation>Freigabe zurückgenommen; die Entwürfe sind wieder offen.</translation>
    </message>
    <message>
        <source>Approval of your edit undone; the drafts are open again.</source>
        <translation>Freigabe Ihrer Fassung zurückgenommen; die Entwürfe sind wieder offen.</translation>
    </message>
    <message>
        <source>Your own reply was taken back.</source>
        <translation>Ihre eigene Antwort wurde zurückgenommen.</translation>
    </message>
    <message>
        <source>Rejection undone; the draft is open again.</source>
        <translation>Ablehnung zurückgenommen; der Entwurf ist wieder offen.</translation>
    </message>
    <message>
        <source>The draft on the screen is not the one that was kept.</source>
        <translation>Der angezeigte Entwurf ist nicht der gespeicherte.</translation>
    </message>
    <message>
        <source>Look at it again.</source>
        <translation>Sehen Sie ihn sich noch einmal an.</translation>
    </message>
    <message>
        <source>The reply</source>
        <translation>Die Antwort</translation>
    </message>
    <message>
        <source>This reply cannot be approved again.</source>
        <translation>Diese Antwort kann nicht noch einmal freigegeben werden.</translation>
    </message>
    <message>
        <source>There is no decision to take back in this session.</source>
        <translation>In dieser Sitzung gibt es keine Entscheidung, die zurückgenommen werden kann.</translation>
    </message>
    <message>
        <source>The client has written since that reply, so it stays.</source>
        <translation>Seit dieser Antwort kam eine neue Nachricht, daher bleibt sie bestehen.</translation>
    </message>
    <message>
        <source>There is no decision to make again in this session.</source>
        <translation>In dieser Sitzung gibt es keine Entscheidung, die wiederholt werden kann.</translation>
    </message>
    <message>
        <source>Say in a few words why this is not a risk.</source>
        <translation>Schreiben Sie in wenigen Worten, warum das kein Risiko ist.</translation>
    </message>
    <message>
        <source>What was done about this message is recorded already.</source>
        <translation>Was zu dieser Nachricht unternommen wurde, ist bereits festgehalten.</translation>
    </message>
    <message>
        <source>This draft is {0} already.</source>
        <translation>Dieser Entwurf ist bereits {0}.</translation>
    </message>
    <message>
        <source>Undo that first, or draft again.</source>
        <translation>Nehmen Sie das zuerst zurück oder lassen Sie neu entwerfen.</translation>
    </message>
    <message>
        <source>This message was changed and has not been screened since.</source>
        <translation>Diese Nachricht wurde geändert und seitdem nicht auf Risiken geprüft.</translation>
    </message>
    <message>
        <source>Draft again.</source>
        <translation>Lassen Sie neu entwerfen.</translation>
    </message>
    <message>
        <source>A message of this client may mean a risk.</source>
        <translation>Eine Nachricht dieser Person kann ein Risiko bedeuten.</translation>
    </message>
    <message>
        <source>Record first what you did about it.</source>
        <translation>Halten Sie zuerst fest, was Sie unternommen haben.</translation>
    </message>
    <message>
        <source>Say in a few words what the therapist should do.</source>
        <translation>Sagen Sie in wenigen Worten, was die Therapeutin oder der Therapeut tun soll.</translation>
    </message>
    <message>
        <source>Only the supervisor takes over or gives back.</source>
        <translation>Nur die Supervision übernimmt oder gibt zurück.</translation>
    </message>
    <message>
        <source>Unlock with the supervisor&apos;s passphrase.</source>
        <translation>Entsperren Sie mit der Passphrase der Supervision.</translation>
    </message>
    <message>
        <source>The note</source>
        <translation>Die Notiz</translation>
    </message>
    <message>
        <source>It is taken over or given back already.</source>
        <translation>Das ist schon übernommen oder zurückgegeben.</translation>
    </message>
    <message>
        <source>This message has been answered already.</source>
        <translation>Diese Nachricht ist bereits beantwortet.</translation>
    </message>
    <message>
        <source>Undo the reply to choose another.</source>
        <translation>Nehmen Sie die Antwort zurück, um eine andere zu wählen.</translation>
    </message>
    <message>
        <source>The client has written since.</source>
        <translation>Inzwischen kam eine neue Nachricht.</translation>
    </message>
    <message>
        <source>Answer the newer message.</source>
        <translation>Beantworten Sie die neuere Nachricht.</translation>
    </message>
    <message>
        <source>{0}: no therapist turn in it answers a client.</source>
        <translation>{0}: Darin antwortet keine Therapeutin und kein Therapeut auf eine Nachricht.</translation>
    </message>
    <message>
        <source>Choose another file.</source>
        <translation>Wählen Sie eine andere Datei.</translation>
    </message>
    <message>
        <source>The run could not be prepared ({0}).</source>
        <translation>Der Trainingslauf konnte nicht vorbereitet werden ({0}).</translation>
    </message>
    <message>
        <source>Make room on the disk.</source>
        <translation>Schaffen Sie Platz auf dem Datenträger.</translation>
    </message>
    <message>
        <source>The conversations of this run were removed, because a client no longer agrees to training.</source>
        <translation>Die Gespräche dieses Trainingslaufs wurden entfernt, weil jemand dem Training nicht mehr zustimmt.</translation>
    </message>
    <message>
        <source>Start a new run.</source>
        <translation>Beginnen Sie einen neuen Lauf.</translation>
    </message>
    <message>
        <source>What the run had learned could not be deleted ({0}).</source>
        <translation>Was der Lauf gelernt hatte, konnte nicht gelöscht werden ({0}).</translation>
    </message>
    <message>
        <source>{0} is longer than {1:,} characters.</source>
        <translation>{0} ist länger als {1:,} Zeichen.</translation>
    </message>
    <message>
        <source>The name</source>
        <translation>Der Name</translation>
    </message>
    <message>
        <source>The situation</source>
        <translation>Die Situation</translation>
    </message>
    <message>
        <source>There is a client of that name already.</source>
        <translation>Diesen Namen gibt es bereits.</translation>
    </message>
    <message>
        <source>Add a letter or a number to it.</source>
        <translation>Ergänzen Sie einen Buchstaben oder eine Zahl.</translation>
    </message>
    <message>
        <source>The message</source>
        <translation>Die Nachricht</translation>
    </message>
    <message>
        <source>A message</source>
        <translation>Eine Nachricht</translation>
    </message>
    <message>
        <source>No client who agreed to training has a finished session with a reply in it.</source>
        <translation>Niemand, der dem Training zugestimmt hat, hat eine abgeschlossene Sitzung mit einer Antwort.</translation>
    </message>
    <message>
        <source>Record who agrees with tfdesk consent grant, or choose a file.</source>
        <translation>Halten Sie mit „tfdesk consent grant“ fest, wer zustimmt, oder wählen Sie eine Datei.</translation>
    </message>
    <message>
        <source>The conversations of a training run could not be deleted ({0}).</source>
        <translation>Die Gespräche eines Trainingslaufs konnten nicht gelöscht werden ({0}).</translation>
    </message>
    <message>
        <source>Too many tries; wait {0} s and try again.</source>
        <translation>Zu viele Versuche; warten Sie {0} s und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>Kept. New drafts will read the message as {0}.</source>
        <translation>Gespeichert. Neue Entwürfe lesen die Nachricht als: {0}.</translation>
    </message>
    <message>
        <source>Taken back.</source>
        <translation>Zurückgenommen.</translation>
    </message>
    <message>
        <source>Copied. Paste it where you write to the client.</source>
        <translation>Kopiert. Fügen Sie die Antwort dort ein, wo Sie der Person schreiben.</translation>
    </message>
    <message>
        <source>Rejected: {0}.</source>
        <translation>Abgelehnt: {0}.</translation>
    </message>
    <message>
        <source>Done again.</source>
        <translation>Wiederholt.</translation>
    </message>
    <message>
        <source>The model stopped twice while it read this message.</source>
        <translation>Das Modell ist beim Lesen dieser Nachricht zweimal stehen geblieben.</translation>
    </message>
    <message>
        <source>Changed. What was found in the old words no longer holds.</source>
        <translation>Geändert. Was in den alten Worten gefunden wurde, gilt nicht mehr.</translation>
    </message>
    <message>
        <source>Changed. The approval of the old words no longer holds.</source>
        <translation>Geändert. Die Freigabe der alten Worte gilt nicht mehr.</translation>
    </message>
    <message>
        <source>Approved and copied.</source>
        <translation>Freigegeben und kopiert.</translation>
    </message>
    <message>
        <source>Marked. The screen had let it pass; that is counted.</source>
        <translation>Markiert. Die Risikoprüfung hatte sie durchgelassen; das wird gezählt.</translation>
    </message>
    <message>
        <source>Marked.</source>
        <translation>Markiert.</translation>
    </message>
    <message>
        <source>Training stopped unexpectedly; what was saved is kept.</source>
        <translation>Das Training endete unerwartet; Gespeichertes bleibt erhalten.</translation>
    </message>
    <message>
        <source>Loss (lower is better)</source>
        <translation>Fehler (weniger ist besser)</translation>
    </message>
    <message>
        <source>Words predicted</source>
        <translation>Vorhergesagte Wörter</translation>
    </message>
    <message>
        <source>Reward, total</source>
        <translation>Bewertung, gesamt</translation>
    </message>
    <message>
        <source>Relevance</source>
        <translation>Bezug</translation>
    </message>
    <message>
        <source>Emotion fit</source>
        <translation>Passung zur Emotion</translation>
    </message>
    <message>
        <source>Professional logic</source>
        <translation>Fachliche Logik</translation>
    </message>
    <message>
        <source>Empathy</source>
        <translation>Empathie</translation>
    </message>
    <message>
        <source>Fluency</source>
        <translation>Sprachfluss</translation>
    </message>
    <message>
        <source>Safety</source>
        <translation>Sicherheit</translation>
    </message>
    <message>
        <source>Distinct-2 (stops below 0.30)</source>
        <translation>Distinct-2 (Halt unter 0,30)</translation>
    </message>
    <message>
        <source>Distance from SFT (KL, nats)</source>
        <translation>Abstand zur Feinabstimmung (KL, nats)</translation>
    </message>
    <message>
        <source>Drafts: {0}</source>
        <translation>Entwürfe: {0}</translation>
    </message>
    <message>
        <source>This message may mean a risk. Please read it yourself first.</source>
        <translation>Diese Nachricht kann ein Risiko bedeuten. Bitte lesen Sie sie zuerst selbst.</translation>
    </message>
    <message>
        <source>Writing drafts</source>
        <translation>Entwürfe entstehen</translation>
    </message>
    <message>
        <source>Edit a message</source>
        <translation>Nachricht bearbeiten</translation>
    </message>
    <message>
        <source>The words of the message</source>
        <translation>Wortlaut der Nachricht</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Change a key</source>
        <translation>Taste ändern</translation>
    </message>
    <message>
        <source>Press the key that should do this. It works when you start tfdesk again.</source>
        <translation>Drücken Sie die Taste, die das tun soll. Sie gilt, wenn Sie tfdesk das nächste Mal starten.</translation>
    </message>
    <message>
        <source>New key</source>
        <translation>Neue Taste</translation>
    </message>
    <message>
        <source>As usual: {0}</source>
        <translation>Wie üblich: {0}</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Use this key</source>
        <translation>Diese Taste nehmen</translation>
    </message>
    <message>
        <source>What the client wrote</source>
        <translation>Was die Klientin oder der Klient schrieb</translation>
    </message>
    <message>
        <source>Your reply</source>
        <translation>Ihre Antwort</translation>
    </message>
    <message>
        <source>It is screened and read again; a risk that is open stays open.</source>
        <translation>Sie wird neu geprüft und neu gelesen; ein offenes Risiko bleibt offen.</translation>
    </message>
    <message>
        <source>What you approved no longer holds. Approve the new words in the message&apos;s menu.</source>
        <translation>Ihre Freigabe gilt dann nicht mehr. Geben Sie den neuen Wortlaut im Menü der Nachricht frei.</translation>
    </message>
    <message>
        <source>unsure</source>
        <translation>unsicher</translation>
    </message>
    <message>
        <source>{0}, your correction</source>
        <translation>{0}, von Ihnen berichtigt</translation>
    </message>
    <message>
        <source>{0} {1} %</source>
        <translation>{0} {1} %</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>Bericht</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Something went wrong in tfdesk</source>
        <translation>In tfdesk ist etwas schiefgegangen</translation>
    </message>
    <message>
        <source>This is our mistake. What you saved is safe. Please restart tfdesk.</source>
        <translation>Das ist unser Fehler. Was Sie gespeichert haben, ist sicher. Bitte starten Sie tfdesk neu.</translation>
    </message>
    <message>
        <source>The report below holds no client words; you can copy it for the people who fix it.</source>
        <translation>Der Bericht unten enthält keine Worte von Klientinnen oder Klienten; Sie können ihn für die Fehlersuche kopieren.</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>You: {0}</source>
        <translation>Sie: {0}</translation>
    </message>
    <message>
        <source>CLIENTS</source>
        <translation>KLIENTINNEN UND KLIENTEN</translation>
    </message>
    <message>
        <source>COMMANDS</source>
        <translation>BEFEHLE</translation>
    </message>
    <message>
        <source>MESSAGES</source>
        <translation>NACHRICHTEN</translation>
    </message>
    <message>
        <source>HELP</source>
        <translation>HILFE</translation>
    </message>
    <message>
        <source>How you use drafts</source>
        <translation>Wie Sie Entwürfe nutzen</translation>
    </message>
    <message numerus="yes">
        <source>Your replies of the last %n days. Only you see this; it is in no report.</source>
        <translation>
            <numerusform>Ihre Antworten des letzten Tages. Das sehen nur Sie; es steht in keinem Bericht.</numerusform>
            <numerusform>Ihre Antworten der letzten %n Tage. Das sehen nur Sie; es steht in keinem Bericht.</numerusform>
        </translation>
    </message>
    <message>
        <source>Write my reply first, then see the drafts</source>
        <translation>Zuerst selbst antworten, dann die Entwürfe sehen</translation>
    </message>
    <message>
        <source>approved unchanged</source>
        <translation>unverändert freigegeben</translation>
    </message>
    <message>
        <source>edited</source>
        <translation>bearbeitet</translation>
    </message>
    <message>
        <source>written by you</source>
        <translation>selbst geschrieben</translation>
    </message>
    <message>
        <source>Too few replies to say anything yet.</source>
        <translation>Noch zu wenige Antworten für eine Aussage.</translation>
    </message>
    <message>
        <source>{0} % of your replies were drafts that you approved unchanged.</source>
        <translation>{0} % Ihrer Antworten waren Entwürfe, die Sie unverändert freigegeben haben.</translation>
    </message>
    <message>
        <source>Half of those were approved within {0} s; {1} of them within {2} s.</source>
        <translation>Die Hälfte davon gaben Sie innerhalb von {0} s frei, {1} innerhalb von {2} s.</translation>
    </message>
    <message numerus="yes">
        <source>You rejected %n drafts.</source>
        <translation>
            <numerusform>Sie haben %n Entwurf abgelehnt.</numerusform>
            <numerusform>Sie haben %n Entwürfe abgelehnt.</numerusform>
        </translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>While you type, keys belong to the text; only Ctrl+Enter and Esc act on the draft. Click a key to change it.</source>
        <translation>Beim Schreiben gehören die Tasten dem Text; nur Strg+Eingabe und Esc wirken auf den Entwurf. Klicken Sie auf eine Taste, um sie zu ändern.</translation>
    </message>
    <message>
        <source>Change the key of {0}, now {1}</source>
        <translation>Die Taste für {0} ändern, jetzt {1}</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>The model reads and writes English only</source>
        <translation>Das Modell liest und schreibt nur Englisch</translation>
    </message>
    <message>
        <source>The language changes when you start tfdesk again.</source>
        <translation>Die Sprache wechselt beim nächsten Start von tfdesk.</translation>
    </message>
    <message>
        <source>The model reads and writes English only, whatever the language here.</source>
        <translation>Das Modell liest und schreibt nur Englisch, gleich welche Sprache Sie hier wählen.</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>Nachricht</translation>
    </message>
    <message>
        <source>Emotion</source>
        <translation>Emotion</translation>
    </message>
    <message>
        <source>Approve these words</source>
        <translation>Diesen Wortlaut freigeben</translation>
    </message>
    <message>
        <source>Hide what you changed</source>
        <translation>Ihre Änderungen ausblenden</translation>
    </message>
    <message>
        <source>Show what you changed</source>
        <translation>Ihre Änderungen anzeigen</translation>
    </message>
    <message>
        <source>Edit the words</source>
        <translation>Wortlaut bearbeiten</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>The screen missed a risk here</source>
        <translation>Hier wurde ein Risiko übersehen</translation>
    </message>
    <message>
        <source>Mark as a risk</source>
        <translation>Als Risiko markieren</translation>
    </message>
    <message>
        <source>Emotion of this message</source>
        <translation>Emotion dieser Nachricht</translation>
    </message>
    <message>
        <source>Back to the model&apos;s reading</source>
        <translation>Zurück zur Lesart des Modells</translation>
    </message>
    <message>
        <source>The model is still loading</source>
        <translation>Das Modell wird noch geladen</translation>
    </message>
    <message>
        <source>Choose a client</source>
        <translation>Wählen Sie eine Klientin oder einen Klienten</translation>
    </message>
    <message>
        <source>Choose one on the left, or add one with Ctrl+N. The drafts appear here.</source>
        <translation>Wählen Sie links jemanden aus, oder legen Sie jemanden mit Strg+N an. Die Entwürfe erscheinen hier.</translation>
    </message>
    <message>
        <source>No message yet</source>
        <translation>Noch keine Nachricht</translation>
    </message>
    <message>
        <source>Paste or type what {0} wrote, then press Enter. Drafts appear here.</source>
        <translation>Fügen Sie ein oder tippen Sie, was {0} geschrieben hat, und drücken Sie die Eingabetaste. Entwürfe erscheinen hier.</translation>
    </message>
    <message>
        <source>Nothing to answer</source>
        <translation>Nichts zu beantworten</translation>
    </message>
    <message>
        <source>When {0} writes again, paste it below the conversation.</source>
        <translation>Wenn {0} wieder schreibt, fügen Sie es unter dem Gespräch ein.</translation>
    </message>
    <message>
        <source>Loading the model</source>
        <translation>Modell wird geladen</translation>
    </message>
    <message>
        <source>A few seconds. You can read and write meanwhile.</source>
        <translation>Einige Sekunden. Lesen und schreiben können Sie inzwischen.</translation>
    </message>
    <message>
        <source>You stopped drafting</source>
        <translation>Sie haben das Entwerfen angehalten</translation>
    </message>
    <message>
        <source>Nothing was kept of it.</source>
        <translation>Davon wurde nichts behalten.</translation>
    </message>
    <message>
        <source>Draft again</source>
        <translation>Neu entwerfen</translation>
    </message>
    <message>
        <source>The drafting model stopped</source>
        <translation>Das Entwurfsmodell ist stehen geblieben</translation>
    </message>
    <message>
        <source>It is being restarted. Your text is safe; drafting goes on by itself.</source>
        <translation>Es wird neu gestartet. Ihr Text ist sicher; das Entwerfen geht von selbst weiter.</translation>
    </message>
    <message>
        <source>You can write replies yourself.</source>
        <translation>Sie können Antworten selbst schreiben.</translation>
    </message>
    <message>
        <source>This message was not screened</source>
        <translation>Diese Nachricht wurde nicht geprüft</translation>
    </message>
    <message>
        <source>The risk screen did not work, so nothing was drafted. Read the message yourself, for signs of risk too.</source>
        <translation>Die Risikoprüfung hat nicht funktioniert, daher wurde nichts entworfen. Lesen Sie die Nachricht selbst, auch auf Anzeichen eines Risikos.</translation>
    </message>
    <message>
        <source>Screen again</source>
        <translation>Neu prüfen</translation>
    </message>
    <message>
        <source>Write this reply yourself</source>
        <translation>Schreiben Sie diese Antwort selbst</translation>
    </message>
    <message>
        <source>The risk screen marked the message and you recorded what you did. Nothing is drafted for it.</source>
        <translation>Die Risikoprüfung hat die Nachricht markiert, und Sie haben festgehalten, was Sie unternommen haben. Dafür wird nichts entworfen.</translation>
    </message>
    <message>
        <source>No draft this time</source>
        <translation>Diesmal kein Entwurf</translation>
    </message>
    <message>
        <source>No candidate was good enough to show.</source>
        <translation>Kein Vorschlag war gut genug, um ihn zu zeigen.</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal versuchen</translation>
    </message>
    <message>
        <source>Drafting did not work</source>
        <translation>Das Entwerfen hat nicht geklappt</translation>
    </message>
    <message>
        <source>{0} {1}</source>
        <comment>day, month</comment>
        <translation>{0}. {1}</translation>
    </message>
    <message>
        <source>just now</source>
        <translation>gerade eben</translation>
    </message>
    <message numerus="yes">
        <source>%n min ago</source>
        <translation>
            <numerusform>vor %n min</numerusform>
            <numerusform>vor %n min</numerusform>
        </translation>
    </message>
    <message>
        <source>risk</source>
        <translation>Risiko</translation>
    </message>
    <message>
        <source>screened</source>
        <translation>geprüft</translation>
    </message>
    <message>
        <source>not screened</source>
        <translation>ungeprüft</translation>
    </message>
    <message>
        <source>{0} (yours)</source>
        <translation>{0} (von Ihnen)</translation>
    </message>
    <message>
        <source>changed since you approved it</source>
        <translation>seit Ihrer Freigabe geändert</translation>
    </message>
    <message>
        <source>drafted, approved by you</source>
        <translation>Entwurf, von Ihnen freigegeben</translation>
    </message>
    <message>
        <source>drafted, edited by you</source>
        <translation>Entwurf, von Ihnen bearbeitet</translation>
    </message>
    <message>
        <source>Client</source>
        <translation>Klient/in</translation>
    </message>
    <message>
        <source>You</source>
        <translation>Sie</translation>
    </message>
    <message>
        <source>neutral</source>
        <translation>neutral</translation>
    </message>
    <message>
        <source>joy</source>
        <translation>Freude</translation>
    </message>
    <message>
        <source>sadness</source>
        <translation>Traurigkeit</translation>
    </message>
    <message>
        <source>depression</source>
        <translation>Depression</translation>
    </message>
    <message>
        <source>fear</source>
        <translation>Angst</translation>
    </message>
    <message>
        <source>anger</source>
        <translation>Wut</translation>
    </message>
    <message>
        <source>disgust</source>
        <translation>Ekel</translation>
    </message>
    <message>
        <source>shame</source>
        <translation>Scham</translation>
    </message>
    <message>
        <source>open question</source>
        <translation>offene Frage</translation>
    </message>
    <message>
        <source>reflection</source>
        <translation>Spiegelung</translation>
    </message>
    <message>
        <source>validation</source>
        <translation>Validierung</translation>
    </message>
    <message>
        <source>interpretation</source>
        <translation>Deutung</translation>
    </message>
    <message>
        <source>suggestion</source>
        <translation>Vorschlag</translation>
    </message>
    <message>
        <source>information</source>
        <translation>Information</translation>
    </message>
    <message>
        <source>structuring</source>
        <translation>Strukturierung</translation>
    </message>
    <message>
        <source>other</source>
        <translation>Sonstiges</translation>
    </message>
    <message>
        <source>emotion</source>
        <translation>Emotion</translation>
    </message>
    <message>
        <source>relevance</source>
        <translation>Bezug</translation>
    </message>
    <message>
        <source>professional</source>
        <translation>Fachlichkeit</translation>
    </message>
    <message>
        <source>empathy</source>
        <translation>Empathie</translation>
    </message>
    <message>
        <source>fluency</source>
        <translation>Sprachfluss</translation>
    </message>
    <message>
        <source>safety</source>
        <translation>Sicherheit</translation>
    </message>
    <message>
        <source>reference</source>
        <translation>Referenz</translation>
    </message>
    <message>
        <source>suicide</source>
        <translation>Suizid</translation>
    </message>
    <message>
        <source>self-harm</source>
        <translation>Selbstverletzung</translation>
    </message>
    <message>
        <source>harm to others</source>
        <translation>Fremdgefährdung</translation>
    </message>
    <message>
        <source>abuse</source>
        <translation>Missbrauch oder Gewalt</translation>
    </message>
    <message>
        <source>acute danger</source>
        <translation>akute Gefahr</translation>
    </message>
    <message>
        <source>minor at risk</source>
        <translation>gefährdete Minderjährige</translation>
    </message>
    <message>
        <source>marked by a person</source>
        <translation>von einer Person markiert</translation>
    </message>
    <message>
        <source>off topic</source>
        <translation>am Thema vorbei</translation>
    </message>
    <message>
        <source>misses the emotion</source>
        <translation>trifft die Emotion nicht</translation>
    </message>
    <message>
        <source>too generic</source>
        <translation>zu allgemein</translation>
    </message>
    <message>
        <source>advice too early</source>
        <translation>zu früher Ratschlag</translation>
    </message>
    <message>
        <source>wrong tone</source>
        <translation>falscher Ton</translation>
    </message>
    <message>
        <source>unsafe</source>
        <translation>nicht sicher</translation>
    </message>
    <message>
        <source>Contacted the client, safe for now</source>
        <translation>Kontakt aufgenommen, vorerst in Sicherheit</translation>
    </message>
    <message>
        <source>Handed over to on-call clinician</source>
        <translation>An den Bereitschaftsdienst übergeben</translation>
    </message>
    <message>
        <source>Emergency services</source>
        <translation>Rettungsdienst gerufen</translation>
    </message>
    <message>
        <source>Not a risk (say why)</source>
        <translation>Kein Risiko (bitte begründen)</translation>
    </message>
    <message>
        <source>offered</source>
        <translation>angeboten</translation>
    </message>
    <message>
        <source>approved</source>
        <translation>freigegeben</translation>
    </message>
    <message>
        <source>rejected</source>
        <translation>abgelehnt</translation>
    </message>
    <message>
        <source>superseded</source>
        <translation>ersetzt</translation>
    </message>
    <message>
        <source>therapist</source>
        <translation>Therapie</translation>
    </message>
    <message>
        <source>supervisor</source>
        <translation>Supervision</translation>
    </message>
    <message>
        <source>no speaker before it</source>
        <translation>davor spricht niemand</translation>
    </message>
    <message>
        <source>no speaker is named (a notice of the messenger)</source>
        <translation>niemand ist genannt (ein Hinweis des Messengers)</translation>
    </message>
    <message>
        <source>no cue (a note or a style)</source>
        <translation>kein Untertitel (eine Notiz oder ein Stil)</translation>
    </message>
    <message>
        <source>a heading</source>
        <translation>eine Überschrift</translation>
    </message>
    <message>
        <source>a rule</source>
        <translation>eine Trennlinie</translation>
    </message>
    <message>
        <source>no words</source>
        <translation>keine Worte</translation>
    </message>
    <message>
        <source>half of a surrogate pair</source>
        <translation>ein unvollständiges Zeichen</translation>
    </message>
    <message>
        <source>the map leaves this speaker out</source>
        <translation>diese Person wird ausgelassen</translation>
    </message>
    <message>
        <source>The risk screen could not read this conversation, so nothing was drafted; read it yourself.</source>
        <translation>Die Risikoprüfung konnte dieses Gespräch nicht lesen, daher wurde nichts entworfen; lesen Sie es selbst.</translation>
    </message>
    <message>
        <source>The risk screen reads English only, so nothing was drafted; read this conversation yourself.</source>
        <translation>Die Risikoprüfung liest nur Englisch, daher wurde nichts entworfen; lesen Sie dieses Gespräch selbst.</translation>
    </message>
    <message>
        <source>There is too much text to screen for risk, so nothing was drafted; start a new session.</source>
        <translation>Der Text ist zu lang für die Risikoprüfung, daher wurde nichts entworfen; beginnen Sie eine neue Sitzung.</translation>
    </message>
    <message>
        <source>The client&apos;s words may point to danger, so nothing was drafted; follow the clinic&apos;s protocol.</source>
        <translation>Die Worte können auf eine Gefahr hinweisen, daher wurde nichts entworfen; folgen Sie dem Protokoll der Klinik.</translation>
    </message>
    <message>
        <source>There is too little to go on; nothing was drafted.</source>
        <translation>Es gibt zu wenig Anhaltspunkte; es wurde nichts entworfen.</translation>
    </message>
    <message>
        <source>The client asks about you; only you can answer that, so nothing was drafted.</source>
        <translation>Die Person fragt nach Ihnen; das können nur Sie beantworten, deshalb wurde nichts entworfen.</translation>
    </message>
    <message>
        <source>None of the candidates was good enough to show; try again or write your own.</source>
        <translation>Keiner der Vorschläge war gut genug, um ihn zu zeigen; versuchen Sie es noch einmal oder schreiben Sie selbst.</translation>
    </message>
    <message>
        <source>A fault in the model process; nothing was drafted.</source>
        <translation>Ein Fehler im Modellprozess; es wurde nichts entworfen.</translation>
    </message>
    <message>
        <source>Starter model: for evaluation. Train your own before clinical use.</source>
        <translation>Startmodell: zum Erproben. Trainieren Sie vor dem klinischen Einsatz ein eigenes.</translation>
    </message>
    <message>
        <source>The program made a mistake and stopped; nothing that was saved is lost.</source>
        <translation>Das Programm hat einen Fehler gemacht und wurde beendet; Gespeichertes ist nicht verloren.</translation>
    </message>
    <message>
        <source>own</source>
        <translation>selbst geschrieben</translation>
    </message>
    <message>
        <source>undone</source>
        <translation>zurückgenommen</translation>
    </message>
    <message>
        <source>turn edited</source>
        <translation>Nachricht geändert</translation>
    </message>
    <message>
        <source>pasted</source>
        <translation>eingefügt</translation>
    </message>
    <message>
        <source>imported</source>
        <translation>eingelesen</translation>
    </message>
    <message>
        <source>risk hit</source>
        <translation>Risikotreffer</translation>
    </message>
    <message>
        <source>risk flagged</source>
        <translation>als Risiko markiert</translation>
    </message>
    <message>
        <source>risk disposed</source>
        <translation>Risiko behandelt</translation>
    </message>
    <message>
        <source>risk seen</source>
        <translation>Risiko gesehen</translation>
    </message>
    <message>
        <source>risk taken over</source>
        <translation>Risiko übernommen</translation>
    </message>
    <message>
        <source>risk given back</source>
        <translation>Risiko zurückgegeben</translation>
    </message>
    <message>
        <source>consent granted</source>
        <translation>Zustimmung erteilt</translation>
    </message>
    <message>
        <source>consent revoked</source>
        <translation>Zustimmung zurückgenommen</translation>
    </message>
    <message>
        <source>client erased</source>
        <translation>Person gelöscht</translation>
    </message>
    <message>
        <source>client exported</source>
        <translation>Akte ausgegeben</translation>
    </message>
    <message>
        <source>training material taken</source>
        <translation>Trainingsmaterial entnommen</translation>
    </message>
    <message>
        <source>must retrain</source>
        <translation>neu zu trainieren</translation>
    </message>
    <message>
        <source>model imported</source>
        <translation>Modell eingelesen</translation>
    </message>
    <message>
        <source>model promoted</source>
        <translation>Modell freigegeben</translation>
    </message>
    <message>
        <source>model rolled back</source>
        <translation>vorheriges Modell gewählt</translation>
    </message>
    <message>
        <source>starter chosen</source>
        <translation>Startmodell gewählt</translation>
    </message>
    <message>
        <source>emotion policy</source>
        <translation>Vorgabe zu Emotionen</translation>
    </message>
    <message>
        <source>backup made</source>
        <translation>Sicherung erstellt</translation>
    </message>
    <message>
        <source>vault created</source>
        <translation>Tresor angelegt</translation>
    </message>
    <message>
        <source>vault restored</source>
        <translation>Tresor wiederhergestellt</translation>
    </message>
    <message>
        <source>vault rekeyed</source>
        <translation>Tresor neu verschlüsselt</translation>
    </message>
    <message>
        <source>older copy accepted</source>
        <translation>ältere Kopie angenommen</translation>
    </message>
    <message>
        <source>passphrase set</source>
        <translation>Passphrase gesetzt</translation>
    </message>
    <message>
        <source>passphrase removed</source>
        <translation>Passphrase entfernt</translation>
    </message>
    <message>
        <source>signing key set</source>
        <translation>Signaturschlüssel gesetzt</translation>
    </message>
    <message>
        <source>opened with the recovery key</source>
        <translation>mit dem Wiederherstellungsschlüssel geöffnet</translation>
    </message>
    <message>
        <source>recovery key typed back</source>
        <translation>Wiederherstellungsschlüssel abgetippt</translation>
    </message>
    <message>
        <source>recovery key renewed</source>
        <translation>Wiederherstellungsschlüssel erneuert</translation>
    </message>
    <message>
        <source>recovery key removed</source>
        <translation>Wiederherstellungsschlüssel entfernt</translation>
    </message>
    <message>
        <source>The only one that passed the checks.</source>
        <translation>Der einzige, der die Prüfungen bestanden hat.</translation>
    </message>
    <message>
        <source>Best of {0}: higher in {1} than the next one, lower in {2}.</source>
        <translation>Bester von {0}: bei {1} höher als der nächste, bei {2} niedriger.</translation>
    </message>
    <message>
        <source>Best of {0}: higher in {1} than the next one.</source>
        <translation>Bester von {0}: bei {1} höher als der nächste.</translation>
    </message>
    <message>
        <source>Best of {0}, by very little.</source>
        <translation>Bester von {0}, mit sehr knappem Vorsprung.</translation>
    </message>
    <message>
        <source>Lower in {0} than the best one, higher in {1}.</source>
        <translation>Bei {0} niedriger als der beste, bei {1} höher.</translation>
    </message>
    <message>
        <source>Lower in {0} than the best one.</source>
        <translation>Bei {0} niedriger als der beste.</translation>
    </message>
    <message>
        <source>Almost as good as the best one.</source>
        <translation>Fast so gut wie der beste.</translation>
    </message>
    <message>
        <source>{0} and {1}</source>
        <translation>{0} und {1}</translation>
    </message>
    <message>
        <source>Fine-tuning</source>
        <translation>Feinabstimmung</translation>
    </message>
    <message>
        <source>Reinforcement learning</source>
        <translation>Bestärkendes Lernen</translation>
    </message>
    <message>
        <source>Packing the model</source>
        <translation>Modell packen</translation>
    </message>
    <message>
        <source>Evaluation</source>
        <translation>Auswertung</translation>
    </message>
    <message numerus="yes">
        <source>about %n s left</source>
        <translation>
            <numerusform>noch etwa %n s</numerusform>
            <numerusform>noch etwa %n s</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>about %n min left</source>
        <translation>
            <numerusform>noch etwa %n min</numerusform>
            <numerusform>noch etwa %n min</numerusform>
        </translation>
    </message>
    <message>
        <source>a network drive</source>
        <translation>einem Netzlaufwerk</translation>
    </message>
    <message>
        <source>a network drive ({0})</source>
        <translation>einem Netzlaufwerk ({0})</translation>
    </message>
    <message>
        <source>The data folder lies in {0}. Other computers get copies of the vault there, which stay when a client is erased, and writing from two places can damage it. Better choose a folder on this computer&apos;s own disk (--data-dir, or TFDESK_DATA_DIR).</source>
        <translation>Der Datenordner liegt in {0}. Dort erhalten andere Rechner Kopien des Tresors, die bleiben, wenn eine Person gelöscht wird, und Schreiben von zwei Stellen aus kann ihn beschädigen. Wählen Sie besser einen Ordner auf der eigenen Festplatte dieses Rechners (--data-dir oder TFDESK_DATA_DIR).</translation>
    </message>
    <message>
        <source>Step {0} of 4</source>
        <translation>Schritt {0} von 4</translation>
    </message>
    <message>
        <source>tfdesk is open already, but its window does not answer.</source>
        <translation>tfdesk ist schon offen, aber das Fenster antwortet nicht.</translation>
    </message>
    <message>
        <source>Wait a moment, or end that program, then start tfdesk again.</source>
        <translation>Warten Sie einen Moment, oder beenden Sie jenes Programm, und starten Sie tfdesk dann noch einmal.</translation>
    </message>
    <message>
        <source>Entry {0} was edited after it was written.</source>
        <translation>Eintrag {0} wurde nachträglich geändert.</translation>
    </message>
    <message>
        <source>Entry {0} was deleted: the next one that is there has a higher number.</source>
        <translation>Eintrag {0} wurde gelöscht: Der nächste vorhandene hat eine höhere Nummer.</translation>
    </message>
    <message>
        <source>Entry {0} is not in its place: entries were reordered.</source>
        <translation>Eintrag {0} ist nicht an seinem Platz: Einträge wurden umgestellt.</translation>
    </message>
    <message>
        <source>Entry {0} does not follow the one before it: one of the two was replaced.</source>
        <translation>Eintrag {0} folgt nicht auf den vor ihm: Einer der beiden wurde ersetzt.</translation>
    </message>
    <message>
        <source>The log was truncated: entry {0}, and perhaps later ones, are missing at its end.</source>
        <translation>Das Logbuch wurde gekürzt: Am Ende fehlt Eintrag {0}, und vielleicht fehlen spätere.</translation>
    </message>
    <message>
        <source>Entry {0} is not the one whose head was kept: the log was written anew up to there.</source>
        <translation>Eintrag {0} ist nicht der, dessen Kopf aufbewahrt wurde: Das Logbuch wurde bis dorthin neu geschrieben.</translation>
    </message>
    <message>
        <source>Without a head kept elsewhere (--head) nobody can tell whether entries were cut off at the end, or written anew.</source>
        <translation>Ohne einen anderswo aufbewahrten Kopf (--head) kann niemand sagen, ob am Ende Einträge abgeschnitten oder alle neu geschrieben wurden.</translation>
    </message>
    <message>
        <source>Without a head kept elsewhere (--head) nobody can tell whether entries after the last signature were cut off at the end, or written anew.</source>
        <translation>Ohne einen anderswo aufbewahrten Kopf (--head) kann niemand sagen, ob nach der letzten Signatur Einträge abgeschnitten oder neu geschrieben wurden.</translation>
    </message>
    <message>
        <source>That a key is that person&apos;s shows only when its fingerprint is the one noted when it was made (--key).</source>
        <translation>Dass ein Schlüssel dieser Person gehört, zeigt sich nur, wenn sein Fingerabdruck der damals notierte ist (--key).</translation>
    </message>
    <message>
        <source>The log is whole: {0} entries, none edited, deleted or reordered.</source>
        <translation>Das Logbuch ist vollständig: {0} Einträge, keiner geändert, gelöscht oder umgestellt.</translation>
    </message>
    <message>
        <source>The {0}&apos;s signature of entries 1 to {1} is not genuine: it was changed, or made without the {0}&apos;s key, and proves nothing.</source>
        <translation>Die Signatur ({0}) der Einträge 1 bis {1} ist nicht echt: Sie wurde geändert oder ohne den Schlüssel der Rolle {0} gemacht und beweist nichts.</translation>
    </message>
    <message>
        <source>The {0} signed other entries than these: what is in the log up to entry {1} was written anew after it was signed.</source>
        <translation>Signiert ({0}) wurden andere Einträge als diese: Was bis Eintrag {1} im Logbuch steht, wurde nach der Signatur neu geschrieben.</translation>
    </message>
    <message>
        <source>The {0} signed entries 1 to {1}, but the log ends at entry {2}: entries were cut off at its end.</source>
        <translation>Signiert ({0}) sind die Einträge 1 bis {1}, aber das Logbuch endet bei Eintrag {2}: Am Ende wurden Einträge abgeschnitten.</translation>
    </message>
    <message>
        <source>Entries 1 to {1} are signed in the {0}&apos;s name with a key that the log does not name as the {0}&apos;s: the signature proves nothing.</source>
        <translation>Die Einträge 1 bis {1} sind im Namen der Rolle {0} mit einem Schlüssel signiert, den das Logbuch der Rolle {0} nicht zuschreibt: Die Signatur beweist nichts.</translation>
    </message>
    <message>
        <source>The {0}&apos;s signature of entries 1 to {1} was made with another key than noted: not by the person who holds that one, unless a lost passphrase brought a new key; then give both.</source>
        <translation>Die Signatur ({0}) der Einträge 1 bis {1} wurde mit einem anderen als dem notierten Schlüssel gemacht: nicht von der Person, die ihn hat, es sei denn, eine verlorene Passphrase brachte einen neuen Schlüssel; geben Sie dann beide an.</translation>
    </message>
    <message>
        <source>The {0}, whose key was noted, signed nothing in this log.</source>
        <translation>Die Rolle {0}, deren Schlüssel notiert ist, hat in diesem Logbuch nichts signiert.</translation>
    </message>
    <message>
        <source>Nobody signed it.</source>
        <translation>Niemand hat es signiert.</translation>
    </message>
    <message>
        <source>The {0}&apos;s signature of {1} UTC covers entries 1 to {2}; {3} later entries are not covered. Key {4}.</source>
        <translation>Die Signatur ({0}) vom {1} UTC deckt die Einträge 1 bis {2}; {3} spätere Einträge sind nicht gedeckt. Schlüssel {4}.</translation>
    </message>
    <message>
        <source>The {0}&apos;s signature of {1} UTC covers entries 1 to {2}; nothing comes after. Key {3}.</source>
        <translation>Die Signatur ({0}) vom {1} UTC deckt die Einträge 1 bis {2}; danach kommt nichts. Schlüssel {3}.</translation>
    </message>
    <message>
        <source>The log</source>
        <translation>Logbuch</translation>
    </message>
    <message>
        <source>The log of decisions</source>
        <translation>Logbuch der Entscheidungen</translation>
    </message>
    <message>
        <source>Head of the log</source>
        <translation>Kopf des Logbuchs</translation>
    </message>
    <message>
        <source>Head, to keep elsewhere: whoever has it can tell later whether entries were cut off.</source>
        <translation>Kopf, anderswo aufzubewahren: Wer ihn hat, kann später sagen, ob Einträge abgeschnitten wurden.</translation>
    </message>
    <message>
        <source>What it proves</source>
        <translation>Was es beweist</translation>
    </message>
    <message>
        <source>Latest entries</source>
        <translation>Neueste Einträge</translation>
    </message>
    <message>
        <source>No.</source>
        <translation>Nr.</translation>
    </message>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Was</translation>
    </message>
    <message>
        <source>Risks handed over</source>
        <translation>Übergebene Risiken</translation>
    </message>
    <message>
        <source>Handed over to the supervisor</source>
        <translation>An die Supervision übergeben</translation>
    </message>
    <message>
        <source>Nothing waits for the supervisor.</source>
        <translation>Nichts wartet auf die Supervision.</translation>
    </message>
    <message>
        <source>The oldest first. What you take over or give back leaves this list and stays in the log.</source>
        <translation>Das Älteste zuerst. Was Sie übernehmen oder zurückgeben, verlässt diese Liste und bleibt im Logbuch.</translation>
    </message>
    <message>
        <source>What you did, or what the therapist should do</source>
        <translation>Was Sie unternahmen oder was zu tun ist</translation>
    </message>
    <message>
        <source>Give back</source>
        <translation>Zurückgeben</translation>
    </message>
    <message>
        <source>The supervisor takes these over, after unlocking with their passphrase.</source>
        <translation>Die Supervision übernimmt sie, nachdem sie mit ihrer Passphrase entsperrt hat.</translation>
    </message>
    <message>
        <source>{0}, seen {1}</source>
        <translation>{0}, gesehen {1}</translation>
    </message>
    <message>
        <source>Open the conversation</source>
        <translation>Gespräch öffnen</translation>
    </message>
    <message>
        <source>Taken over</source>
        <translation>Übernommen</translation>
    </message>
</context>
<context>
    <name>App</name>
    <message>
        <source>The window</source>
        <translation>Das Fenster</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>Hilfe</translation>
    </message>
    <message>
        <source>Lock</source>
        <translation>Sperren</translation>
    </message>
    <message>
        <source>Larger text</source>
        <translation>Größerer Text</translation>
    </message>
    <message>
        <source>Smaller text</source>
        <translation>Kleinerer Text</translation>
    </message>
    <message>
        <source>Normal text</source>
        <translation>Normaler Text</translation>
    </message>
    <message>
        <source>The model that your supervisor chose cannot be used: {0} The starter drafts until another one is chosen.</source>
        <translation>Das von der Supervision gewählte Modell ist nicht verwendbar: {0} Bis ein anderes gewählt ist, entwirft das Startmodell.</translation>
    </message>
    <message>
        <source>Desk</source>
        <translation>Schreibtisch</translation>
    </message>
    <message>
        <source>Workshop</source>
        <translation>Werkstatt</translation>
    </message>
    <message>
        <source>The guided session needs the sample clinic, which is not in this vault.</source>
        <translation>Die geführte Sitzung braucht die Beispielklinik, und die ist nicht in diesem Tresor.</translation>
    </message>
    <message>
        <source>Read “Your first session” in Help instead.</source>
        <translation>Lesen Sie stattdessen in der Hilfe „Ihre erste Sitzung“.</translation>
    </message>
    <message>
        <source>It is our fault.</source>
        <translation>Das ist unser Fehler.</translation>
    </message>
    <message>
        <source>What you were typing could not be kept: {0}</source>
        <translation>Was Sie gerade schrieben, konnte nicht behalten werden: {0}</translation>
    </message>
    <message>
        <source>Look at the folder for backups; it is tried again when you close the window.</source>
        <translation>Sehen Sie nach dem Ordner für Sicherungen; beim Schließen des Fensters wird es erneut versucht.</translation>
    </message>
    <message>
        <source>The last backup was not made</source>
        <translation>Die letzte Sicherung ist nicht entstanden</translation>
    </message>
</context>
<context>
    <name>Bar</name>
    <message>
        <source>{0} %</source>
        <translation>{0} %</translation>
    </message>
</context>
<context>
    <name>ClientDelegate</name>
    <message>
        <source>You: {0}</source>
        <translation>Sie: {0}</translation>
    </message>
</context>
<context>
    <name>ClientList</name>
    <message>
        <source>Find a client</source>
        <translation>Person suchen</translation>
    </message>
    <message>
        <source>Clients</source>
        <translation>Klientinnen und Klienten</translation>
    </message>
    <message>
        <source>No client of that name. Ctrl+K searches messages too.</source>
        <translation>Niemand mit diesem Namen. Strg+K durchsucht auch die Nachrichten.</translation>
    </message>
    <message>
        <source>No client yet. Add the first one below.</source>
        <translation>Noch niemand da. Legen Sie unten die erste Person an.</translation>
    </message>
    <message>
        <source>New client</source>
        <translation>Klient/in anlegen</translation>
    </message>
</context>
<context>
    <name>ClientModel</name>
    <message>
        <source>WAITING · {0}</source>
        <translation>WARTEND · {0}</translation>
    </message>
    <message>
        <source>ANSWERED</source>
        <translation>BEANTWORTET</translation>
    </message>
    <message>
        <source>NO MESSAGE YET</source>
        <translation>OHNE NACHRICHT</translation>
    </message>
    <message>
        <source>waiting for a reply</source>
        <translation>wartet auf eine Antwort</translation>
    </message>
    <message>
        <source>answered</source>
        <translation>beantwortet</translation>
    </message>
</context>
<context>
    <name>ClosingView</name>
    <message>
        <source>Making the backup</source>
        <translation>Sicherung wird erstellt</translation>
    </message>
    <message>
        <source>An encrypted copy of the vault goes to {0}. Then the window closes by itself.</source>
        <translation>Eine verschlüsselte Kopie des Tresors geht nach {0}. Danach schließt sich das Fenster von selbst.</translation>
    </message>
</context>
<context>
    <name>Components</name>
    <message>
        <source>{0}: weight {1} in the reward</source>
        <translation>{0}: Gewicht {1} in der Bewertung</translation>
    </message>
    <message>
        <source>Reward: {0}</source>
        <translation>Bewertung: {0}</translation>
    </message>
</context>
<context>
    <name>Composer</name>
    <message>
        <source>Paste what the client wrote</source>
        <translation>Nachricht hier einfügen</translation>
    </message>
    <message>
        <source>What the client wrote</source>
        <translation>Was die Klientin oder der Klient schrieb</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Hinzufügen</translation>
    </message>
</context>
<context>
    <name>ContextCard</name>
    <message>
        <source>Exact input</source>
        <translation>Genaue Eingabe</translation>
    </message>
    <message>
        <source>What the model read</source>
        <translation>Was das Modell las</translation>
    </message>
    <message>
        <source>Correct the emotion of this message</source>
        <translation>Emotion dieser Nachricht berichtigen</translation>
    </message>
    <message>
        <source>Exact input of the model</source>
        <translation>Genaue Eingabe des Modells</translation>
    </message>
    <message>
        <source>About the emotion</source>
        <translation>Zur Emotion</translation>
    </message>
    <message>
        <source>{0} of {1} turns</source>
        <translation>{0} von {1} Beiträgen</translation>
    </message>
    <message>
        <source>situation + {0}</source>
        <translation>Situation + {0}</translation>
    </message>
    <message>
        <source>{0} · {1} tokens</source>
        <translation>{0} · {1} Token</translation>
    </message>
    <message>
        <source>{0} · older left out</source>
        <translation>{0} · gekürzt</translation>
    </message>
    <message>
        <source>{0} · beginning left out</source>
        <translation>{0} · Anfang ausgelassen</translation>
    </message>
    <message>
        <source>unsure</source>
        <translation>unsicher</translation>
    </message>
    <message>
        <source>{0} ▾</source>
        <translation>{0} ▾</translation>
    </message>
    <message>
        <source>Emotion: {0}. Choose another</source>
        <translation>Emotion: {0}. Andere wählen</translation>
    </message>
    <message>
        <source>You chose:</source>
        <translation>Von Ihnen gewählt:</translation>
    </message>
    <message>
        <source>Unsure: none stands out. Choose it:</source>
        <translation>Unsicher: keine sticht hervor. Wählen Sie:</translation>
    </message>
    <message>
        <source>Not right? Choose the emotion:</source>
        <translation>Nicht richtig? Emotion wählen:</translation>
    </message>
</context>
<context>
    <name>DeskPage</name>
    <message>
        <source>The reply</source>
        <translation>Die Antwort</translation>
    </message>
    <message>
        <source>The conversation</source>
        <translation>Das Gespräch</translation>
    </message>
    <message>
        <source>Going around</source>
        <translation>Zurechtfinden</translation>
    </message>
    <message>
        <source>Approve and copy</source>
        <translation>Freigeben und kopieren</translation>
    </message>
    <message>
        <source>Edit the draft</source>
        <translation>Entwurf bearbeiten</translation>
    </message>
    <message>
        <source>Reject the draft</source>
        <translation>Entwurf ablehnen</translation>
    </message>
    <message>
        <source>Draft again</source>
        <translation>Neu entwerfen</translation>
    </message>
    <message>
        <source>Write your own</source>
        <translation>Selbst schreiben</translation>
    </message>
    <message>
        <source>Stop, or close what is open</source>
        <translation>Anhalten oder Offenes schließen</translation>
    </message>
    <message>
        <source>Undo the last decision</source>
        <translation>Letzte Entscheidung zurücknehmen</translation>
    </message>
    <message>
        <source>Do it again</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Find in this conversation</source>
        <translation>Im Gespräch suchen</translation>
    </message>
    <message>
        <source>Mark a message as a risk</source>
        <translation>Nachricht als Risiko markieren</translation>
    </message>
    <message>
        <source>Begin a new session</source>
        <translation>Neue Sitzung beginnen</translation>
    </message>
    <message>
        <source>Next client who waits</source>
        <translation>Nächste wartende Person</translation>
    </message>
    <message>
        <source>New client</source>
        <translation>Klient/in anlegen</translation>
    </message>
    <message>
        <source>Next pane</source>
        <translation>Nächster Bereich</translation>
    </message>
    <message>
        <source>Pane before</source>
        <translation>Voriger Bereich</translation>
    </message>
</context>
<context>
    <name>Details</name>
    <message>
        <source>Approve</source>
        <translation>Freigeben</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>Ändern</translation>
    </message>
    <message>
        <source>Reject</source>
        <translation>Ablehnen</translation>
    </message>
</context>
<context>
    <name>DraftCard</name>
    <message>
        <source>reward</source>
        <translation>Bewertung</translation>
    </message>
    <message>
        <source>How well the draft scores on the parts below, from 0 to 1. It ranks drafts; it does not replace your judgement.</source>
        <translation>Wie gut der Entwurf in den Teilen unten abschneidet, von 0 bis 1. Die Bewertung ordnet Entwürfe; Ihr Urteil ersetzt sie nicht.</translation>
    </message>
    <message>
        <source>rejected</source>
        <translation>abgelehnt</translation>
    </message>
    <message>
        <source>not used</source>
        <translation>nicht verwendet</translation>
    </message>
    <message>
        <source>approved</source>
        <translation>freigegeben</translation>
    </message>
    <message>
        <source>edited and approved</source>
        <translation>bearbeitet und freigegeben</translation>
    </message>
    <message>
        <source>Draft {0}, {1}, reward {2}</source>
        <translation>Entwurf {0}, {1}, Bewertung {2}</translation>
    </message>
</context>
<context>
    <name>DraftingProgress</name>
    <message>
        <source>Candidates written</source>
        <translation>Geschriebene Vorschläge</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Writing drafts</source>
        <translation>Entwürfe entstehen</translation>
    </message>
    <message>
        <source>Drafts appear when they are complete and have passed the checks.</source>
        <translation>Entwürfe erscheinen, wenn sie fertig sind und die Prüfungen bestanden haben.</translation>
    </message>
    <message>
        <source>{0} of {1} candidates</source>
        <translation>{0} von {1} Vorschlägen</translation>
    </message>
</context>
<context>
    <name>Editor</name>
    <message>
        <source>Edit the draft</source>
        <translation>Entwurf bearbeiten</translation>
    </message>
    <message>
        <source>Save and approve</source>
        <translation>Speichern und freigeben</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
</context>
<context>
    <name>EmotionBars</name>
    <message>
        <source>other</source>
        <translation>andere</translation>
    </message>
    <message>
        <source>{0} %</source>
        <translation>{0} %</translation>
    </message>
</context>
<context>
    <name>EmotionStrip</name>
    <message>
        <source>Emotion over this session</source>
        <translation>Emotion im Verlauf der Sitzung</translation>
    </message>
</context>
<context>
    <name>FindBar</name>
    <message>
        <source>Find in this conversation</source>
        <translation>Im Gespräch suchen</translation>
    </message>
    <message>
        <source>The one before</source>
        <translation>Vorige Fundstelle</translation>
    </message>
    <message>
        <source>The next one</source>
        <translation>Nächste Fundstelle</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>{0} of {1}</source>
        <translation>{0} von {1}</translation>
    </message>
    <message>
        <source>not found</source>
        <translation>nicht gefunden</translation>
    </message>
</context>
<context>
    <name>FirstRun</name>
    <message>
        <source>Everything you write is kept in one encrypted file on this computer. Choose a passphrase for it: several words that only you know.</source>
        <translation>Alles, was Sie schreiben, liegt in einer verschlüsselten Datei auf diesem Rechner. Wählen Sie dafür eine Passphrase: mehrere Wörter, die nur Sie kennen.</translation>
    </message>
    <message>
        <source>Choose a passphrase</source>
        <translation>Wählen Sie eine Passphrase</translation>
    </message>
    <message>
        <source>Passphrase</source>
        <translation>Passphrase</translation>
    </message>
    <message>
        <source>Passphrase again</source>
        <translation>Passphrase wiederholen</translation>
    </message>
    <message>
        <source>What if I lose it?</source>
        <translation>Und wenn ich sie verliere?</translation>
    </message>
    <message>
        <source>This computer can keep a key for the vault. Then whoever is signed in as you can open it. You can leave this out.</source>
        <translation>Dieser Rechner kann einen Schlüssel für den Tresor aufbewahren. Dann kann ihn jeder öffnen, der unter Ihrem Namen angemeldet ist. Sie können das auslassen.</translation>
    </message>
    <message>
        <source>Open without the passphrase?</source>
        <translation>Ohne Passphrase öffnen?</translation>
    </message>
    <message>
        <source>Open without it while I am signed in to this computer</source>
        <translation>Ohne sie öffnen, solange ich hier angemeldet bin</translation>
    </message>
    <message>
        <source>Looking for this computer&apos;s key ring.</source>
        <translation>Der Schlüsselbund dieses Rechners wird gesucht.</translation>
    </message>
    <message>
        <source>The vault is made after this step. Until then you can go back.</source>
        <translation>Nach diesem Schritt wird der Tresor angelegt. Bis dahin können Sie zurückgehen.</translation>
    </message>
    <message>
        <source>Begin with</source>
        <translation>Beginnen mit</translation>
    </message>
    <message>
        <source>The sample clinic: four invented clients to try things with</source>
        <translation>Beispielklinik: vier erfundene Personen zum Ausprobieren</translation>
    </message>
    <message>
        <source>An empty clinic</source>
        <translation>Leere Klinik</translation>
    </message>
    <message>
        <source>Make the vault</source>
        <translation>Tresor anlegen</translation>
    </message>
    <message>
        <source>No key ring can be used here; you will type the passphrase.</source>
        <translation>Hier kann kein Schlüsselbund verwendet werden; Sie geben die Passphrase ein.</translation>
    </message>
    <message>
        <source>The two passphrases differ.</source>
        <translation>Die beiden Passphrasen sind verschieden.</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>Making the vault</source>
        <translation>Tresor wird angelegt</translation>
    </message>
</context>
<context>
    <name>GuidedSession</name>
    <message>
        <source>First session</source>
        <translation>Erste Sitzung</translation>
    </message>
    <message>
        <source>Choose Nina P. on the left.</source>
        <translation>Wählen Sie links Nina P.</translation>
    </message>
    <message>
        <source>Open “Exact input” on the right: it is all that the model read.</source>
        <translation>Öffnen Sie rechts „Genaue Eingabe“: Mehr hat das Modell nicht gelesen.</translation>
    </message>
    <message>
        <source>Point at a part of a draft&apos;s reward: the words that moved it are marked.</source>
        <translation>Zeigen Sie auf einen Teil der Bewertung eines Entwurfs: Die Wörter, die sie bewegten, sind markiert.</translation>
    </message>
    <message>
        <source>Reject a draft that you would not send, and say why.</source>
        <translation>Lehnen Sie einen Entwurf ab, den Sie nicht senden würden, und sagen Sie, warum.</translation>
    </message>
    <message>
        <source>Edit a draft until you could send it, then approve it.</source>
        <translation>Bearbeiten Sie einen Entwurf, bis Sie ihn senden könnten, und geben Sie ihn dann frei.</translation>
    </message>
    <message>
        <source>Take that decision back: “Undo” below the conversation, or its key.</source>
        <translation>Nehmen Sie diese Entscheidung zurück: „Rückgängig“ unter dem Gespräch oder die Taste dafür.</translation>
    </message>
    <message>
        <source>Open Ruben S. and read his last message: here nothing is drafted.</source>
        <translation>Öffnen Sie Ruben S., und lesen Sie seine letzte Nachricht: Hier wird nichts entworfen.</translation>
    </message>
    <message>
        <source>{0} of {1} done</source>
        <translation>{0} von {1} erledigt</translation>
    </message>
    <message>
        <source>That was everything. Help has the rest.</source>
        <translation>Das war alles. Den Rest hat die Hilfe.</translation>
    </message>
    <message>
        <source>Nothing was good enough to show: “Try again”, or choose Nina P.</source>
        <translation>Nichts war gut genug: „Noch einmal versuchen“, oder wählen Sie Nina P.</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>Nicht jetzt</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>HelpWindow</name>
    <message>
        <source>Help</source>
        <translation>Hilfe</translation>
    </message>
    <message>
        <source>Search in Help</source>
        <translation>In der Hilfe suchen</translation>
    </message>
    <message>
        <source>Topics</source>
        <translation>Themen</translation>
    </message>
    <message>
        <source>Nothing found. Try the beginning of a word.</source>
        <translation>Nichts gefunden. Versuchen Sie den Anfang eines Wortes.</translation>
    </message>
    <message>
        <source>Topic</source>
        <translation>Thema</translation>
    </message>
    <message>
        <source>All keys</source>
        <translation>Alle Tasten</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>FOUND</source>
        <translation>GEFUNDEN</translation>
    </message>
    <message>
        <source>TOPICS</source>
        <translation>THEMEN</translation>
    </message>
</context>
<context>
    <name>LastBackup</name>
    <message>
        <source>A fault of ours; the log file says where.</source>
        <translation>Ein Fehler von uns; die Protokolldatei sagt, wo.</translation>
    </message>
</context>
<context>
    <name>LockView</name>
    <message>
        <source>Passphrase</source>
        <translation>Passphrase</translation>
    </message>
    <message>
        <source>Unlock</source>
        <translation>Entsperren</translation>
    </message>
    <message>
        <source>tfdesk is locked</source>
        <translation>tfdesk ist gesperrt</translation>
    </message>
    <message>
        <source>Use the recovery key</source>
        <translation>Passphrase vergessen?</translation>
    </message>
    <message>
        <source>If the passphrase is lost</source>
        <translation>Wenn die Passphrase verloren ist</translation>
    </message>
    <message>
        <source>Enter your passphrase to open the vault. Nothing leaves this computer.</source>
        <translation>Geben Sie Ihre Passphrase ein, um den Tresor zu öffnen. Nichts verlässt diesen Rechner.</translation>
    </message>
    <message>
        <source>Type the recovery key from paper, and choose a new passphrase.</source>
        <translation>Geben Sie den Wiederherstellungsschlüssel vom Papier ein und wählen Sie eine neue Passphrase.</translation>
    </message>
    <message>
        <source>Unlocking</source>
        <translation>Wird entsperrt</translation>
    </message>
</context>
<context>
    <name>NewClientDialog</name>
    <message>
        <source>New client</source>
        <translation>Klient/in anlegen</translation>
    </message>
    <message>
        <source>Name or code</source>
        <translation>Name oder Kürzel</translation>
    </message>
    <message>
        <source>Situation, in a sentence</source>
        <translation>Situation, in einem Satz</translation>
    </message>
    <message>
        <source>Optional. The model reads it with every message.</source>
        <translation>Freiwillig. Das Modell liest sie mit, nur Englisch.</translation>
    </message>
    <message>
        <source>Add client</source>
        <translation>Anlegen</translation>
    </message>
</context>
<context>
    <name>Notice</name>
    <message>
        <source>Next client who waits</source>
        <translation>Nächste wartende Person</translation>
    </message>
    <message>
        <source>Write your own</source>
        <translation>Selbst schreiben</translation>
    </message>
</context>
<context>
    <name>NoticeBar</name>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Redraft</source>
        <translation>Neu entwerfen</translation>
    </message>
</context>
<context>
    <name>OlderCopy</name>
    <message>
        <source>If you did not restore it yourself, write nothing: lock the window, look for the newer vault (a folder named vault.kept, or a backup) and tell who looks after this computer. If you did, say so here; the audit log keeps it.</source>
        <translation>Wenn Sie ihn nicht selbst wiederhergestellt haben, schreiben Sie nichts: Sperren Sie das Fenster, suchen Sie den neueren Tresor (einen Ordner namens vault.kept oder eine Sicherung) und sagen Sie Bescheid, wer diesen Rechner betreut. Wenn doch, bestätigen Sie es hier; das Prüfprotokoll hält es fest.</translation>
    </message>
    <message>
        <source>I put it back on purpose</source>
        <translation>Ich habe ihn absichtlich zurückgelegt</translation>
    </message>
</context>
<context>
    <name>OwnReply</name>
    <message>
        <source>Your own reply</source>
        <translation>Ihre eigene Antwort</translation>
    </message>
    <message>
        <source>Save and copy</source>
        <translation>Speichern und kopieren</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Show the drafts</source>
        <translation>Entwürfe anzeigen</translation>
    </message>
    <message>
        <source>Write first</source>
        <translation>Zuerst selbst schreiben</translation>
    </message>
    <message>
        <source>The drafts are ready. Write your reply, then compare.</source>
        <translation>Die Entwürfe sind fertig. Schreiben Sie Ihre Antwort, dann vergleichen Sie.</translation>
    </message>
    <message>
        <source>The drafts are being written. Write your reply, then compare.</source>
        <translation>Die Entwürfe werden geschrieben. Schreiben Sie Ihre Antwort, dann vergleichen Sie.</translation>
    </message>
</context>
<context>
    <name>PasteDialog</name>
    <message>
        <source>A chat was pasted</source>
        <translation>Ein Chat wurde eingefügt</translation>
    </message>
    <message>
        <source>Messages that were recognised</source>
        <translation>Erkannte Nachrichten</translation>
    </message>
    <message>
        <source>Add the messages</source>
        <translation>Nachrichten übernehmen</translation>
    </message>
    <message>
        <source>It is one message</source>
        <translation>Es ist eine einzige Nachricht</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Who is who?</source>
        <translation>Wer ist wer?</translation>
    </message>
    <message>
        <source>the client</source>
        <translation>Klientin/Klient</translation>
    </message>
    <message>
        <source>you</source>
        <translation>Sie</translation>
    </message>
    <message>
        <source>leave out</source>
        <translation>auslassen</translation>
    </message>
    <message>
        <source>Who is {0}?</source>
        <translation>Wer ist {0}?</translation>
    </message>
    <message>
        <source>Client</source>
        <translation>Klient/in</translation>
    </message>
    <message>
        <source>You</source>
        <translation>Sie</translation>
    </message>
    <message>
        <source>Messages to add: {0}.</source>
        <translation>Neue Nachrichten: {0}.</translation>
    </message>
    <message>
        <source>Here already, at the beginning: {0}.</source>
        <translation>Am Anfang schon vorhanden: {0}.</translation>
    </message>
    <message>
        <source>Left out: {0}, the first is line {1} ({2}).</source>
        <translation>Ausgelassen: {0}, zuerst Zeile {1} ({2}).</translation>
    </message>
</context>
<context>
    <name>PromoteDialog</name>
    <message>
        <source>Use this model</source>
        <translation>Dieses Modell verwenden</translation>
    </message>
    <message>
        <source>Use {0} for drafting</source>
        <translation>{0} zum Entwerfen verwenden</translation>
    </message>
    <message>
        <source>A supervisor signs this with their own passphrase. The model now in use is kept.</source>
        <translation>Die Supervision zeichnet das mit ihrer eigenen Passphrase ab. Das jetzige Modell bleibt erhalten.</translation>
    </message>
    <message>
        <source>No supervisor passphrase has been set yet. The supervisor chooses one now; it protects the key that signs.</source>
        <translation>Für die Supervision gibt es noch keine Passphrase. Sie wird jetzt gewählt; sie schützt den Schlüssel, der abzeichnet.</translation>
    </message>
    <message>
        <source>Supervisor&apos;s passphrase</source>
        <translation>Passphrase der Supervision</translation>
    </message>
    <message>
        <source>Supervisor&apos;s passphrase again</source>
        <translation>Passphrase der Supervision wiederholen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
</context>
<context>
    <name>RecoveryForm</name>
    <message>
        <source>Recovery key</source>
        <translation>Wiederherstellungsschlüssel</translation>
    </message>
    <message>
        <source>New passphrase</source>
        <translation>Neue Passphrase</translation>
    </message>
    <message>
        <source>New passphrase again</source>
        <translation>Neue Passphrase wiederholen</translation>
    </message>
    <message>
        <source>Open and set the passphrase</source>
        <translation>Öffnen und Passphrase festlegen</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>The two passphrases differ.</source>
        <translation>Die beiden Passphrasen sind verschieden.</translation>
    </message>
</context>
<context>
    <name>RecoveryView</name>
    <message>
        <source>Finish setting up the vault</source>
        <translation>Einrichtung des Tresors abschließen</translation>
    </message>
    <message>
        <source>The recovery key of this vault was never typed back, so nobody knows whether it is on paper. Type it in, or make a new one; the old one then no longer opens the vault.</source>
        <translation>Der Wiederherstellungsschlüssel dieses Tresors wurde nie zurückgetippt, daher weiß niemand, ob er auf Papier steht. Geben Sie ihn ein oder erzeugen Sie einen neuen; der alte öffnet den Tresor dann nicht mehr.</translation>
    </message>
    <message>
        <source>Recovery key</source>
        <translation>Wiederherstellungsschlüssel</translation>
    </message>
    <message>
        <source>Save a page to print</source>
        <translation>Seite zum Drucken speichern</translation>
    </message>
    <message>
        <source>The recovery key, typed back</source>
        <translation>Der zurückgetippte Wiederherstellungsschlüssel</translation>
    </message>
    <message>
        <source>Make a new one</source>
        <translation>Neuen erzeugen</translation>
    </message>
    <message>
        <source>Open the desk</source>
        <translation>Schreibtisch öffnen</translation>
    </message>
    <message>
        <source>Type it from the paper, the whole key</source>
        <translation>Tippen Sie ihn vom Papier ab, den ganzen Schlüssel</translation>
    </message>
    <message>
        <source>Write down the recovery key</source>
        <translation>Wiederherstellungsschlüssel notieren</translation>
    </message>
    <message>
        <source>It opens the vault if you forget the passphrase. It is shown only now. Without the passphrase and this key, everything in the vault is lost for good: nobody can open it for you.</source>
        <translation>Er öffnet den Tresor, wenn Sie die Passphrase vergessen. Er wird nur jetzt angezeigt. Ohne Passphrase und ohne diesen Schlüssel ist alles im Tresor endgültig verloren: Niemand kann ihn für Sie öffnen.</translation>
    </message>
    <message>
        <source>Whoever reads this page can open the vault.</source>
        <translation>Wer diese Seite liest, kann den Tresor öffnen.</translation>
    </message>
    <message>
        <source>Note: {0}</source>
        <translation>Hinweis: {0}</translation>
    </message>
    <message>
        <source>Page to print (*.html)</source>
        <translation>Seite zum Drucken (*.html)</translation>
    </message>
</context>
<context>
    <name>RejectPopup</name>
    <message>
        <source>Why not?</source>
        <translation>Warum nicht?</translation>
    </message>
    <message>
        <source>Note, if you like</source>
        <translation>Notiz (freiwillig)</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Notiz</translation>
    </message>
</context>
<context>
    <name>RiskPanel</name>
    <message>
        <source>Please read this message yourself first</source>
        <translation>Bitte lesen Sie diese Nachricht zuerst selbst</translation>
    </message>
    <message>
        <source>What the screen misses</source>
        <translation>Was die Prüfung übersieht</translation>
    </message>
    <message>
        <source>Questions to ask</source>
        <translation>Fragen dazu</translation>
    </message>
    <message>
        <source>Clinic protocol</source>
        <translation>Protokoll der Klinik</translation>
    </message>
    <message>
        <source>What did you do?</source>
        <translation>Was haben Sie unternommen?</translation>
    </message>
    <message>
        <source>Needed before anything is drafted again.</source>
        <translation>Nötig, bevor wieder etwas entworfen wird.</translation>
    </message>
    <message>
        <source>The supervisor gave this back: {0}</source>
        <translation>Die Supervision gab dies zurück: {0}</translation>
    </message>
    <message>
        <source>Why is it not a risk?</source>
        <translation>Warum ist es kein Risiko?</translation>
    </message>
    <message>
        <source>What should they know? (optional)</source>
        <translation>Was sollte sie wissen? (freiwillig)</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>You marked this message as a risk. No reply is drafted.</source>
        <translation>Sie haben diese Nachricht als Risiko markiert. Es wird keine Antwort entworfen.</translation>
    </message>
    <message>
        <source>The screen marked words that can mean a risk: {0}. No reply was drafted.</source>
        <translation>Die Risikoprüfung hat Worte markiert, die ein Risiko bedeuten können: {0}. Es wurde keine Antwort entworfen.</translation>
    </message>
    <message>
        <source>harm</source>
        <translation>Gefährdung</translation>
    </message>
    <message>
        <source>Ask the client, word for word:</source>
        <translation>Wörtlich fragen:</translation>
    </message>
</context>
<context>
    <name>SearchBox</name>
    <message>
        <source>Search clients, messages, commands and Help</source>
        <translation>Personen, Nachrichten, Befehle und Hilfe durchsuchen</translation>
    </message>
    <message>
        <source>Found</source>
        <translation>Gefunden</translation>
    </message>
    <message>
        <source>Nothing found. Try the beginning of a word.</source>
        <translation>Nichts gefunden. Versuchen Sie den Anfang eines Wortes.</translation>
    </message>
</context>
<context>
    <name>SentenceText</name>
    <message>
        <source>Click a sentence to take it into your reply</source>
        <translation>Klicken Sie auf einen Satz, um ihn zu übernehmen</translation>
    </message>
</context>
<context>
    <name>SessionHeader</name>
    <message>
        <source>New session</source>
        <translation>Neue Sitzung</translation>
    </message>
    <message>
        <source>emotion over this session</source>
        <translation>Emotion im Verlauf der Sitzung</translation>
    </message>
    <message>
        <source>Session {0} · {1}</source>
        <translation>Sitzung {0} · {1}</translation>
    </message>
</context>
<context>
    <name>StepList</name>
    <message>
        <source>FROM TRANSCRIPTS TO A MODEL</source>
        <translation>VOM GESPRÄCH ZUM MODELL</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>Daten</translation>
    </message>
    <message>
        <source>Fine-tune</source>
        <translation>Abstimmen</translation>
    </message>
    <message>
        <source>Reinforce</source>
        <translation>Bestärken</translation>
    </message>
    <message>
        <source>Pack</source>
        <translation>Packen</translation>
    </message>
    <message>
        <source>Evaluate</source>
        <translation>Auswerten</translation>
    </message>
    <message>
        <source>Use it</source>
        <translation>Verwenden</translation>
    </message>
    <message>
        <source>dialogues: {0}</source>
        <translation>Dialoge: {0}</translation>
    </message>
    <message>
        <source>done</source>
        <translation>fertig</translation>
    </message>
    <message>
        <source>running</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>stopping</source>
        <translation>hält an</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>angehalten</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>gescheitert</translation>
    </message>
</context>
<context>
    <name>Transcript</name>
    <message>
        <source>Conversation</source>
        <translation>Gespräch</translation>
    </message>
</context>
<context>
    <name>TranscriptModel</name>
    <message>
        <source>Show earlier messages ({0})</source>
        <translation>Frühere Nachrichten anzeigen ({0})</translation>
    </message>
</context>
<context>
    <name>WaysOn</name>
    <message>
        <source>Redraft</source>
        <translation>Neu entwerfen</translation>
    </message>
    <message>
        <source>Strategy of new drafts</source>
        <translation>Strategie neuer Entwürfe</translation>
    </message>
    <message>
        <source>Write own</source>
        <translation>Selbst schreiben</translation>
    </message>
    <message>
        <source>Earlier drafts</source>
        <translation>Frühere Entwürfe</translation>
    </message>
    <message>
        <source>Later drafts</source>
        <translation>Spätere Entwürfe</translation>
    </message>
    <message>
        <source>as: {0} ▾</source>
        <translation>als: {0} ▾</translation>
    </message>
    <message>
        <source>as: any strategy ▾</source>
        <translation>als: beliebig ▾</translation>
    </message>
    <message>
        <source>any strategy</source>
        <translation>beliebig</translation>
    </message>
</context>
<context>
    <name>WorkshopPage</name>
    <message>
        <source>Teach the model from conversations</source>
        <translation>Das Modell aus Gesprächen lernen lassen</translation>
    </message>
    <message>
        <source>Choose a file of conversations (.jsonl, one dialogue a line), or the finished sessions of this vault&apos;s clients who agreed to training. The starter model is fine-tuned on it, then improved by reward, then measured on conversations it has not seen. Everything stays on this computer, encrypted; training goes on while the window is locked.</source>
        <translation>Wählen Sie eine Datei mit Gesprächen (.jsonl, ein Dialog je Zeile) oder die abgeschlossenen Sitzungen derer in diesem Tresor, die dem Training zugestimmt haben. Das Startmodell wird damit abgestimmt, dann durch Bewertung verbessert und an Gesprächen gemessen, die es nicht kennt. Alles bleibt verschlüsselt auf diesem Rechner; das Training geht weiter, während das Fenster gesperrt ist.</translation>
    </message>
    <message>
        <source>Choose a file</source>
        <translation>Datei wählen</translation>
    </message>
    <message>
        <source>Consented sessions of this vault</source>
        <translation>Sitzungen mit Einwilligung</translation>
    </message>
    <message>
        <source>In what order, and what to look at</source>
        <translation>In welcher Reihenfolge, und worauf zu achten ist</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Keeps a checkpoint, so that it can go on later</source>
        <translation>Behält einen Zwischenstand, damit es später weitergehen kann</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Choose another file</source>
        <translation>Andere Datei wählen</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>Bericht</translation>
    </message>
    <message>
        <source>Progress of this stage</source>
        <translation>Fortschritt dieser Stufe</translation>
    </message>
    <message>
        <source>Training goes on when you lock</source>
        <translation>Training läuft auch gesperrt weiter</translation>
    </message>
    <message>
        <source>Same message, as it learns</source>
        <translation>Dieselbe Nachricht im Lernverlauf</translation>
    </message>
    <message>
        <source>Use this model</source>
        <translation>Dieses Modell verwenden</translation>
    </message>
    <message>
        <source>Curves</source>
        <translation>Kurven</translation>
    </message>
    <message>
        <source>Evaluation report</source>
        <translation>Auswertungsbericht</translation>
    </message>
    <message>
        <source>The model in use learned from a client who no longer agrees to training. Train anew.</source>
        <translation>Das verwendete Modell hat von einer Person gelernt, die dem Training nicht mehr zustimmt. Trainieren Sie neu.</translation>
    </message>
    <message>
        <source>No client who agreed to training has a finished session yet. Consent is recorded with: {0}</source>
        <translation>Noch niemand, der dem Training zugestimmt hat, hat eine abgeschlossene Sitzung. Zustimmung wird erfasst mit: {0}</translation>
    </message>
    <message>
        <source>clients who agreed to training: {0}, their finished sessions: {1}</source>
        <translation>Einwilligungen zum Training: {0}, abgeschlossene Sitzungen dazu: {1}</translation>
    </message>
    <message>
        <source>Finished</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>{0}, run {1}</source>
        <translation>{0}, Lauf {1}</translation>
    </message>
    <message>
        <source>replies to learn from: {0}</source>
        <translation>Antworten zum Lernen: {0}</translation>
    </message>
    <message>
        <source> · step {0} of {1}</source>
        <translation> · Schritt {0} von {1}</translation>
    </message>
    <message>
        <source> · memory ran out: half as much at once</source>
        <translation> · Speicher war zu knapp: halb so viel auf einmal</translation>
    </message>
    <message>
        <source>{0} %</source>
        <translation>{0} %</translation>
    </message>
    <message>
        <source>Stopping</source>
        <translation>Hält an</translation>
    </message>
    <message>
        <source>During reinforcement learning the reply to one message is shown here.</source>
        <translation>Während des bestärkenden Lernens steht hier die Antwort auf eine Nachricht.</translation>
    </message>
    <message>
        <source>client</source>
        <translation>Klient/in</translation>
    </message>
    <message>
        <source>step {0}</source>
        <translation>Schritt {0}</translation>
    </message>
    <message>
        <source>reward {0}</source>
        <translation>Bewertung {0}</translation>
    </message>
    <message>
        <source>Choose conversations</source>
        <translation>Gespräche wählen</translation>
    </message>
    <message>
        <source>Conversations (*.jsonl *.jsonl.gz)</source>
        <translation>Gespräche (*.jsonl *.jsonl.gz)</translation>
    </message>
    <message>
        <source>Clinic model {0}</source>
        <translation>Klinikmodell {0}</translation>
    </message>
    <message>
        <source>in use now, signed with the supervisor&apos;s key {0}</source>
        <translation>jetzt in Gebrauch, abgezeichnet mit dem Schlüssel {0} der Supervision</translation>
    </message>
</context>
<context>
    <name>Workspace</name>
    <message>
        <source>Search everything</source>
        <translation>Alles durchsuchen</translation>
    </message>
    <message>
        <source>View ▾</source>
        <translation>Ansicht ▾</translation>
    </message>
    <message>
        <source>Colours and text size</source>
        <translation>Farben, Textgröße, Sprache</translation>
    </message>
    <message>
        <source>Backup ▾</source>
        <translation>Sicherung ▾</translation>
    </message>
    <message>
        <source>Backup when the window closes</source>
        <translation>Sicherung beim Schließen des Fensters</translation>
    </message>
    <message>
        <source>Help ▾</source>
        <translation>Hilfe ▾</translation>
    </message>
    <message>
        <source>Help and keys</source>
        <translation>Hilfe und Tasten</translation>
    </message>
    <message>
        <source>Lock</source>
        <translation>Sperren</translation>
    </message>
    <message>
        <source>Handed over · {0}</source>
        <translation>Übergeben · {0}</translation>
    </message>
    <message>
        <source>Risks handed over to the supervisor: {0}</source>
        <translation>An die Supervision übergebene Risiken: {0}</translation>
    </message>
    <message>
        <source>Loading the model</source>
        <translation>Modell wird geladen</translation>
    </message>
    <message>
        <source>Risk screen starting</source>
        <translation>Risikoprüfung startet</translation>
    </message>
    <message>
        <source>No network</source>
        <translation>Kein Netz</translation>
    </message>
    <message>
        <source>Vault unlocked, locks after {0} min without use</source>
        <translation>Tresor offen, sperrt nach {0} min ohne Nutzung</translation>
    </message>
    <message>
        <source>The window</source>
        <translation>Das Fenster</translation>
    </message>
    <message>
        <source>All keys</source>
        <translation>Alle Tastenkürzel</translation>
    </message>
    <message>
        <source>Guided first session</source>
        <translation>Geführte erste Sitzung</translation>
    </message>
    <message>
        <source>How you use drafts</source>
        <translation>Wie Sie Entwürfe nutzen</translation>
    </message>
    <message>
        <source>The log of decisions</source>
        <translation>Logbuch der Entscheidungen</translation>
    </message>
    <message>
        <source>Risks handed over</source>
        <translation>Übergebene Risiken</translation>
    </message>
    <message>
        <source>Go to: {0}</source>
        <translation>Gehe zu: {0}</translation>
    </message>
    <message>
        <source>Colours: {0}</source>
        <translation>Farben: {0}</translation>
    </message>
    <message>
        <source>Language: {0}</source>
        <translation>Sprache: {0}</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>High contrast</source>
        <translation>Hoher Kontrast</translation>
    </message>
    <message>
        <source>Risk screen on</source>
        <translation>Risikoprüfung an</translation>
    </message>
    <message>
        <source>○ The model is being restarted</source>
        <translation>○ Das Modell wird neu gestartet</translation>
    </message>
    <message>
        <source>Risk screen off</source>
        <translation>Risikoprüfung aus</translation>
    </message>
    <message>
        <source>○ No usable model</source>
        <translation>○ Kein verwendbares Modell</translation>
    </message>
    <message>
        <source>When the window closes: a backup a day in {0}</source>
        <translation>Beim Schließen des Fensters: täglich eine Sicherung in {0}</translation>
    </message>
    <message>
        <source>When the window closes: no backup</source>
        <translation>Beim Schließen des Fensters: keine Sicherung</translation>
    </message>
    <message>
        <source>Choose a folder…</source>
        <translation>Ordner wählen …</translation>
    </message>
    <message>
        <source>No backup any more</source>
        <translation>Keine Sicherung mehr</translation>
    </message>
    <message>
        <source>Folder for backups</source>
        <translation>Ordner für Sicherungen</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>Hilfe</translation>
    </message>
    <message>
        <source>Larger text</source>
        <translation>Größerer Text</translation>
    </message>
    <message>
        <source>Smaller text</source>
        <translation>Kleinerer Text</translation>
    </message>
    <message>
        <source>Normal text ({0} % now)</source>
        <translation>Normaler Text (jetzt {0} %)</translation>
    </message>
</context>
</TS>
