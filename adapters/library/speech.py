"""The small words of each language: they say which language a text is in, and little else."""

# ruff: noqa: RUF001  letters of other scripts are meant

from __future__ import annotations

FUNCTION_WORDS = {
    "en": """a about after all also am an and any are as at be because been before being but by can could d did do does
        doesn doing don done each for from get gets give had has have he her here him his how i if in into is isn it its
        just ll m me more most much my no not now of off often on one only or other our out over own re s same she
        should so
        some such t tell than that the their them then there these they this those through to too under until up us
        ve very was wasn we were what when where which while who whom whose why will with won would you your yours""",
    "de": """aber alle als also am an auch auf aus bei bin bis bist da damit dann das dass dein deine dem den denn der
        des dich die dies diese dieser dir doch du durch ein eine einem einen einer eines er es etwas euch für gibt
        hab habe haben hast hat hatte ich ihm ihn ihr ihre im in ist ja jede jeder kann kannst kein keine können man
        mehr mein meine mich mir mit muss nach nicht noch nun nur ob oder ohne schon sehr sein seine sich sie sind so
        soll sollte sollten über um und uns unter vom von vor wann war waren warum was welche welchem welchen welcher
        welches wenn wer werden wie wieso wir wird wo womit woran worauf wurde zu zum zur""",
    "es": """a al algo antes aquí así aún cada como cómo con cual cuál cuáles cuando cuándo cuánta cuántas cuánto
        cuántos de del desde donde dónde dos e el él ella ellos en era eres es esa ese eso esta está están estas este
        esto
        fue ha hace hacer han hasta hay la las le les lo los más me mi mis muy ni no nos o otra otro para pero por
        porque puede puedes puedo que qué quién quiénes se sea ser si sí sin sobre son su sus también te tengo tener
        tiene tienen tienes todo todos tu tus tú un una uno unos usted y ya yo""",
    "fr": """à ai au aussi aux avec avoir c ce ces cet cette comme comment d dans de depuis des donc du elle elles en
        est et être eu fait faut il ils j je jusqu l la le les leur lui m ma mais me mes moi mon n ne nos notre nous on
        ont ou où par pas peut plus pour pourquoi qu quand que quel quelle quelles quels qui quoi s sa sans se ses si
        son sont sur t ta te tes toi ton tous tout très tu un une vos votre vous y""",
    "it": """a ad al alla alle anche c che chi ci come con cosa così d da dal dalla dei del della delle di dove e è ed
        era fa fare gli ha hai hanno ho i il in io l la le lo ma mi mia mio molto ne nel nella non o ogni per perché
        più può quale quali quando quanta quante quanto quanti quel quella questa questo se sei si sono su sua sul suo
        ti tu tua tuo tutti tutto un una uno""",
    "pt": """a ao aos as até com como da das de dela dele depois do dos e é ela ele em entre era essa esse esta está
        estão este eu foi há isso isto já lhe mais mas me meu minha muito na não nas nem no nos nós o onde os ou para
        pela pelo por porque qual quais quando quanta quantas quanto quantos que quem se sem ser seu sua são só também
        te tem têm tenho ter tu um uma você vocês""",
    "nl": """aan al als ben bij daar dan dat de deze die dit doe doen door dus een en er geen had heb hebben heeft het
        hij hoe hoeveel ik in is je jij jullie kan kun kunnen maar me meer met mij mijn moet na naar niet nog nu of om
        omdat onder ons ook op over te tot uit van veel voor waar waarom wanneer was wat we welk welke wel wie wij
        wordt zal ze zich zij zijn zo zonder""",
    "sv": """alla att av blir bör den det detta dig din du där efter ej eller en ett för från går ha han har hon hur
        här i inte jag kan man med men mig min mycket måste när och om oss på sig sin ska som så till upp ut vad var
        varför vem vi vid vilka vilken vilket är över""",
    "pl": """a ale bez być był była było bym ci co czy czym dla do gdy gdzie go i ich ile ja jak jaka jaki jakie jako
        jej jest jestem już każdy kiedy kto która które który lub ma mam mi mnie moja może mój można na nad nie niż o
        od on ona oni po pod przed przez przy się są tak także tam te tego tej ten to tu twój ty tylko w we więc z za
        że żeby""",
    "tr": """acaba ama ancak artık az bana bazı ben beni benim bir biri biz bu bunu bunun çok çünkü da daha de değil
        diye en fakat gibi hangi hangisi hem hep her hiç ile için ise kaç kadar ki kim kime kimin mı mi mu mü mıdır
        midir nasıl nasıldır ne neden nedir nerede nereden nereye niçin niye o olan olarak oldu olduğu olur on ona onu
        onun sen senin siz şey şu tüm üzere var ve veya ya yani yok""",
    "id": """ada adalah agar akan aku anda apa apakah atau bagaimana bagi bahwa banyak berapa bisa bukan dalam dan
        dapat dari dengan di dia hanya harus ia ini itu jadi jika juga kah kalau kami kamu kapan karena ke kita lagi
        lebih mana mengapa mereka oleh pada saat saja sangat saya seperti siapa sudah telah tetapi tidak untuk yang""",
    "vi": """bạn bao bằng bị bởi các cái cho chưa có còn cũng của đã đang đâu để đến đi điều được gì hay hơn họ khi
        không là làm lại lên mà một này nào như những nhưng nó ở ra rất sao sẽ tại thì theo tôi trên trong từ và vào
        về với vì""",
    "ru": """а бы был была были было быть в вам вас весь во вот все всё вы где да для до его ее её если есть еще ещё
        же за и из или им их к как какая какие какой каком какую когда кого который которая которые кто куда ли либо
        мне много может можно мой моя мы на надо не него нее неё нет ни них но ну о об он она они оно от откуда очень
        по под почему при с сам свой себя сколько со так также такой там твой тебе тебя то тогда того тоже только том
        ты у уже чего чем что чтобы эта эти это этой этом этот я""",
    "uk": """а аби але без був була були було бути в вам вас ви від він вона вони все всі де для до його є з за й
        і із їх її коли кого крім куди ми мене мені мій на навіщо не немає ні ну о під по при про та так також там те
        ти тільки то того тому у хто це цей ці цю чи чим чого чому що щоб щодо як яка яке який які якщо""",
    "ar": """أ أن أنا أنت أي أين إذا إلى إن أو ألا التي الذي الذين اللذان اللواتي ب بعد بعض بل بها به بين تلك ثم حتى
        حول حيث حين خلال ذلك سوف عليه عليها على عليك عن عند عندما غير ف فقط في فيه فيها قد قبل ك كان كانت كل كم كما
        كيف ل لا لأن لدي لكن لكي لم لن له لها لي ليس ليست لماذا ما ماذا متى مع من منذ منه منها نحن هذا هذه هل هم هن
        هناك هو هي و وهو وهي يا يتم يجب يكون يمكن يمكنني""",
    "fa": """آن آنها آیا از است اگر اما اند او این ای با باید بر برای بود به بی تا تو چرا چقدر چند چه چگونه چی چیست
        خود در دارد داشت را شد شده شما شود کجا کدام کرد کرده کن کند که کی ما من می نیز نمی نیست ها هم همه هر های
        هست هستند و ولی وی یا یک""",
    "hi": """अगर अपना अपनी अपने अब आप आपका आपकी आपके इन इस इसका इसकी इसके इसे उन उनका उनकी उनके उन्हें उस उसका उसकी
        उसके उसे एक ऐसा ऐसे और कब कर करना करता करती करते करने करें कहाँ कहां का कि कितना कितनी कितने किया किस किसने
        किसी की कुछ के को कोई कौन कौनसा क्या क्यों गई गए गया जब जा जाता जाती जाते जाना जाए जाये जिस जो तक तब तो था थी
        थे दिया द्वारा न नहीं ने पर फिर बहुत भी मुझे मेरा मेरी मेरे में मैं यदि यह यहाँ या ये रहा रही रहे लिए लिये
        वह वाला वाली वाले वे सकता सकती सकते साथ से हम हर ही हुआ हुई हुए हूँ हूं है हैं हो होगा होगी होता होती होते
        होना होने""",
    "he": """אבל או אולי אותו אותה אז אחרי אין איך איפה אל אלה אם אני אנחנו את אתה באיזה בין גם הוא היא היה היו הם
        הן הזה זאת זה זו יותר יש כדי כי כל כמה כמו כן לא להיות לי לך לו למה לפני מאוד מה מי מתי על עד עם של שלי שלך
        רק""",
    "el": """αλλά αν από αυτή αυτό αυτός για δεν είμαι είναι ένα ένας εγώ εδώ εμείς επίσης εσύ έχει έχω η ή θα και
        κάθε κάτι με μετά μη μην μια μία μου να ο οι όμως όπως όταν ότι πόσα πόση πόσο πόσοι που πού πρέπει πριν πώς
        σαν σας σε σου στα στη στην στις στο στον στους τα την της τι τις το τον του τους των ως""",
    "ja": "から けど こと これ ここ この さん した して する そう それ その たい です ない なに なの なら には ので"
    " ます また まで もの よう より れる ください どう どこ どの いつ なぜ なん 何か のは のか ですか ますか か",
    "zh": "什么 怎么样 怎么 怎样 如何 为什么 为何 哪里 哪儿 哪些 哪个 哪一 多少 多久 几个 可以 我们 你们 他们 这个 那个"
    " 是否 有没有 是不是 吗 呢 的 什麼 怎麼樣 怎麼 怎樣 為什麼 為何 哪裡 哪個 幾個 嗎",
    "ko": "나는 그리고 그런데 어떻게 무엇을 무엇 무엇이 언제 어디 어디서 어디에 누가 왜 얼마나 몇 이것 그것 저것 하는"
    " 있는 있나요 하나요 인가요 되나요 나요 까요 습니 니다 니까 어떤 떻게 하면 해요 어떻 무엇",
}
"""About the hundred most frequent words that carry grammar or a question, by language."""
