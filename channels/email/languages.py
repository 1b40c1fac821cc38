"""How mail programs say From, Sent, To and Subject above a mail that is answered or passed on, in many languages.

Outlook writes such a block in the language of its window, Thunderbird, Apple Mail and QQ Mail in theirs.
"""

import re

FROM = (
    "From|Von|De la|De|Da|Van|Fra|Från|Lähettäjä|Saatja|Od koho|Od|Šalje|Pošiljatelj|Feladó|Küldő|Kimden|Gönderen|Από"
    "|От кого|От|Від кого|Від|Sūtītājs|Siuntėjas|Nuo|מאת|من|از|จาก|Từ|Người gửi|Dari|보낸 ?사람|발신인|差出人|送信者"
    "|送信元|发件人|寄件人|发信人|寄件者|傳送者|發件人"
)
SENT = (
    "Sent|Date|Gesendet(?: am)?|Datum|Envoyé(?: le)?|Enviado(?: el| em)?|Enviada(?: em)?|Fecha|Data|Inviato|Verzonden"
    "|Sendt|Dato|Skickat|Lähetetty|Päivämäärä|Päiväys|Saadetud|Kuupäev|Wysłan[oey]|Odesláno|Odoslané|Dátum|Poslano"
    "|Poslato|Elküldve|Küldve|Trimis|Dată|Gönderildi|Gönderme Tarihi|Tarih|Εστάλη|Στάλθηκε|Ημερομηνία|Отправлено"
    "|Дата|Надіслано|Изпратено|Nosūtīts|Datums|Išsiųsta|נשלח|תאריך|تاريخ الإرسال|تم الإرسال|أرسلت|التاريخ|تاریخ"
    "|ส่ง(?:เมื่อ)?|วันที่|Đã gửi|Ngày|Gửi|Dikirim|Terkirim|Tanggal|보낸 ?날짜|날짜|送信日時|日時|日付|发送时间"
    "|发件时间|发送日期|日期|时间|寄件日期|寄件時間|傳送時間|發送時間"
)
TO = (
    "To|Cc|An|À|A|Para|Aan|Til|Till|Kopi|Vastaanottaja|Kopio|Kellele|Do|DW|Komu|Kopie|Za|Prima|Címzett|Másolatot kap"
    "|Către|Kime|Alıcı|Bilgi|Προς|Κοιν|Кому|Копия|Копія|До|Kam|Adresāts|אל|עותק|إلى|نسخة|به|ถึง|สำเนา|Đến|Tới"
    "|Kepada|Ke|받는 ?사람|참조|宛先|受信者|收件人|抄送|收件者|副本"
)
SUBJECT = (
    "Subject|Betreff|Objet|Asunto|Assunto|Oggetto|Onderwerp|Emne|Ämne|Aihe|Teema|Temat|Předmět|Predmet|Naslov|Zadeva"
    "|Tárgy|Subiect|Konu|Θέμα|Тема|Относно|Temats|Tēma|Tema|נושא|الموضوع|موضوع|เรื่อง|Chủ đề|Tiêu đề|Perihal|Subjek"
    "|제목|件名|主题|主旨|主題"
)
ORIGINAL = (
    "original message|forwarded message|ursprüngliche nachricht|weitergeleitete nachricht|message d'origine"
    "|message transféré|mensaje original|mensaje reenviado|mensagem original|mensagem encaminhada"
    "|messaggio originale|messaggio inoltrato|oorspronkelijk bericht|doorgestuurd bericht|oprindelig meddelelse"
    "|opprinnelig melding|ursprungligt meddelande|vidarebefordrat meddelande|alkuperäinen viesti|wiadomość oryginalna"
    "|původní zpráva|pôvodná správa|eredeti üzenet|mesaj original|orijinal mesaj|исходное сообщение"
    "|оригінальне повідомлення|원본 메시지|원본 ?메일|元のメッセージ|原始邮件|转发邮件|原始郵件|轉寄郵件|原郵件"
    "|original|original e?-?mail|replied message|begin forwarded message|forwarded by .{1,80}|回复的原邮件|转发的邮件"
    "|转发的原邮件|原邮件|原始信息|转发邮件信息|原始訊息|已轉寄的郵件|轉寄的郵件|転送メッセージ|元のメール|原メッセージ"
    "|vidaresänt meddelande|videresendt meddelelse|videresendt melding|doorgestuurde boodschap|mensagem reencaminhada"
    "|messaggio inoltrato da .{1,80}|message réexpédié|mensaje original reenviado"
)
PASSED_ON = (
    "begin forwarded message|anfang der weitergeleiteten nachricht|début du message réexpédié"
    "|début du message transféré"
    "|inicio del mensaje reenviado|inizio messaggio inoltrato|begin doorgestuurd bericht|vidarebefordrat brev"
    "|vidarebefordrat mejl|start på videresendt besked|start på videresendt melding|início da mensagem reencaminhada"
    "|início da mensagem encaminhada|下面是被转发的邮件|以下是被转发的邮件|以下是转发的邮件|開始轉寄郵件|以下為轉寄郵件"
    "|転送されたメッセージ|전달된 메시지"
)
REPLIES = (
    "re|aw|antw|sv|vs|vb|vl|odp|pd|rif|res|enc|rv|tr|ynt|ilt|fs|bls|απ|πρθ|回复|答复|转发|回覆|答覆|轉寄|轉發|返信"
    "|転送|회신|전달|fwd?|wg|doorst"
)

FIRST_HEADER = re.compile(rf"\s*>?\s*\*?(?:{FROM})\*?\s*[:：]", re.IGNORECASE)
NEXT_HEADER = re.compile(rf"\s*>?\s*\*?(?:{SENT}|{TO}|{SUBJECT})\*?\s*[:：]", re.IGNORECASE)
FROM_CELL = re.compile(rf"\s*\|?\s*\*?(?:{FROM})\*?\s*[:：|]", re.IGNORECASE)
"""As above, or in a table, as NetEase's programs write it."""
DIVIDER = re.compile(rf"\s*(?:-{{2,}}\s*(?:{ORIGINAL})\s*-{{2,}}|_{{20,}})\s*", re.IGNORECASE)
BEGINS_PASSED_ON = re.compile(rf"\s*>?\s*(?:{PASSED_ON})\s*[:：]?\s*", re.IGNORECASE)
SUBJECT_HEADER = re.compile(rf"\s*>?\s*\|?\s*\*?(?:{SUBJECT})\*?\s*[:：|]", re.IGNORECASE)
ABSENT = re.compile(
    r"\s*(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response)|automatische antwort|automatische antwoord"
    r"|automatisch antwoord|réponse automatique|respuesta automática|risposta automatica|resposta automática"
    r"|automatisk svar|automatiskt svar|autosvar|automaattinen vastaus|odpowiedź automatyczna|automatická odpověď"
    r"|автоматический ответ|автоответ|自动回复|自動回覆|自動回复|自动答复|自動応答|自動返信|자동 ?회신)\s*[:：]",
    re.IGNORECASE,
)
"""How mail programs begin the subject of what they answer while somebody is away; nobody else writes so."""
PERHAPS_ABSENT = re.compile(
    r"\s*(?:out of (?:the )?office|abwesenheitsnotiz|abwesend|abwesenheit|absence du bureau|fuera de la oficina"
    r"|fuori sede|fora do escritório|afwezig|frånvarande|ikke til stede|fraværende|外出|不在|休假)\b.{0,20}?[:：]",
    re.IGNORECASE,
)
"""What a person may write as well."""
REPLY_MARK = re.compile(rf"\s*(?:{REPLIES})\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE)
