"""How people say that they want to die or to hurt themselves, in languages with Latin letters besides English.

See ``core.distress``.
"""

# ruff: noqa: RUF001  other scripts are meant

from __future__ import annotations

DE = (
    " (?:mich|mir) <3>(?:umbringen|umzubringen|töten|zu töten|erhängen|aufhängen|vergiften|ertränken|erschießen) |"
    " (?:bring|bringe) (?:ich )?mich <2>um |"
    " mir <1>(?:das|mein) leben (?:nehmen|zu nehmen) |"
    " mein(?:em)? leben (?:ein ende (?:setzen|machen|zu setzen|zu machen)|beenden|zu beenden) |"
    " (?:ich (?:will|möchte|wollte|würde)|will ich|[.] will) (?:(?:nur|einfach|am|liebsten|echt|wirklich|jetzt|gern|"
    "gerne|"
    "endlich|noch|manchmal|auch|so|bloß) ){0,4}(?:sterben|tot sein) |"
    " (?:will|möchte|mag|kann|wollte) <3>nicht mehr (?:leben|weiterleben|aufwachen|existieren|weiter leben|da sein) |"
    " nicht mehr (?:leben|weiterleben|aufwachen|existieren) (?:will|möchte|mag|kann|wollte) |"
    " (?:wäre|wär) <2>(?:besser|am liebsten|lieber|einfach|doch|nur|endlich) tot |"
    " (?:wünschte|wünsche|wünsch)(?: mir)? <3>(?:wäre?|bin|war) <1>(?:tot|nie geboren|nicht mehr da) |"
    " (?:habe?|hatte|mit|meine|kriege?|bekomme) <2>(?:suizid|selbstmord)(?:gedanken|absichten|plän@|phantasien|"
    "fantasien) |"
    " (?:ich bin|bin ich|fühle mich) <1>(?:suizidal|selbstmordgefährdet|lebensmüde) |"
    " ich <5>(?:suizid|selbstmord) (?:begehen|machen|zu begehen) |"
    " besser dran <2>ohne mich | ohne mich <3>besser dran | wenn ich (?:tot|weg) (?:wäre|bin) <3>besser |"
    " kein(?:en)? (?:sinn|grund) <1>(?:im leben|zu leben|am leben zu@) |"
    " ich <4>(?:vom dach|von (?:der|einer) brücke|aus dem fenster|vor (?:den|einen) zug|vor die bahn) (?:springen|"
    "stürzen|werfen) "
)
DE_HARM = (
    " (?:ritze (?:ich )?mich|mich (?:wieder |selbst )?(?:geritzt|ritzen|zu ritzen)) |"
    " (?:will|möchte|muss|werde|könnte|drang|würde) <2>(?:mich|mir) <2>(?:verletzen|schneiden|wehtun|weh tun|"
    "wehzutun) |"
    " (?:mich|mir) selbst <1>(?:verletz@|verletzen|zu verletzen|wehtun|weh@) |"
    " (?:ich|mit|mein@) <2>(?:selbstverletz@|selbst verletz@) "
)
DE_OTHERS = (
    " (?:mein@|ein@) <1>(?:freund@|bruder|schwester|mutter|mama|vater|papa|sohn|tochter|kind|partner@|mann|frau|"
    "kumpel|ex|"
    "cousin@|mitbewohner@|kolleg@|schüler@) <12>(?:suizid@|selbstmord@|(?:umbringen|umzubringen) |das leben nehmen|"
    "ritzt "
    "sich|sich <2>(?:ritzt|ritzen|töten|etwas an@|was an@)|(?:sterben|tot sein) (?:will|möchte)|(?:will|möchte) "
    "<1>sterben|"
    "nicht mehr leben)"
)
DE_FIGURES = (
    " (?:nicht|nie|niemals|kein@) (?:suizidal|mich umbringen|mir das leben nehmen|mich ritzen|mich verletzen|mich "
    "schneiden|"
    "sterben|(?:suizid|selbstmord)@|lebensmüde) |"
    " vor (?:lachen|scham|hunger|hitze|langeweile|freude|kälte) <2>(?:sterben|umbringen) |"
    " sterben vor |"
    " (?:beim|während) (?:kochen|rasieren|schnippeln|backen|sport) <2>(?:verletz@|schneiden|geschnitten) "
)

FR = (
    " (?:me|mon) (?:suicider|tuer|pendre|foutre en lair|flinguer) | (?:je|vais) me (?:suicide|tue) [.] |"
    " (?:envie|voudrais|veux|vouloir|voulais|besoin) (?:juste |vraiment |trop |plus que tout )?(?:de )?(?:mourir|"
    "crever) |"
    " (?:veux|vouloir|voudrais) (?:être|etre) (?:mort|morte) | (?:aimerais|préférerais|voudrais) (?:être|etre) "
    "morte? |"
    " (?:veux|ai|supporte|jai|envie) (?:plus|plus envie) (?:de )?(?:vivre|exister|être en vie) |"
    " (?:en finir (?:avec (?:la vie|ma vie|tout)|une fois pour toutes)|(?:envie|vais|veux|voudrais) den finir) |"
    " (?:mettre fin à|terminer) (?:ma vie|mes jours) | môter la vie |"
    " (?:jai|idées|pensées|envies|mes pensées) <2>suicidaires? | (?:je suis|suis) suicidaire |"
    " (?:mieux|tranquilles?|heureux) (?:si jétais morte?|sans moi) | jaimerais ne (?:jamais|pas) être née? |"
    " (?:aucune|pas de|plus de|plus aucune) raison de vivre | la vie ne vaut (?:plus|pas) (?:la peine|le coup) |"
    " (?:sauter|me jeter) (?:du (?:pont|toit|balcon)|dun (?:pont|toit|immeuble)|sous (?:un|le) (?:train|métro)|par "
    "la fenêtre) |"
    " (?:pris|avalé|prendre|avaler) <3>(?:tous mes|trop de|une boîte de|toute la boîte de) (?:médicaments|cachets|"
    "comprimés) "
)
FR_HARM = (
    " (?:je|vais|envie de|besoin de|veux|à|voudrais) (?:me (?:scarifi@|mutil@|taillader)) |"
    " (?:envie de|besoin de|veux|vais|continue à|voudrais) me (?:faire du mal|couper|blesser|brûler) |"
    " me (?:fais|faisais) du mal | me suis (?:encore )?(?:scarifiée?|mutilée?|tailladée?) | (?:mon|mes|pratique l) "
    "automutil@ "
)
FR_OTHERS = (
    " (?:mon|ma|mes|un|une) <1>(?:amie?s?|pote|copine?|copain|frère|soeur|sœur|mère|père|maman|papa|fils|fille|"
    "enfant|"
    "cousine?|mari|femme|ex|collègue|élève|meilleure? amie?) <12>(?:suicid@|se (?:tuer|suicider|faire du mal|"
    "scarifi@|"
    "mutil@|pendre)|(?:veut|envie de|voudrait) mourir|mettre fin à (?:ses jours|sa vie)|en finir) "
)
FR_FIGURES = (
    " (?:mourir|crever) (?:de (?:rire|honte|faim|soif|chaud|froid|rire|fatigue|envie|jalousie|chaleur|peur)|dennui|"
    "vieux|vieille) |"
    " (?:ne|pas|jamais|nai pas|jai pas) (?:veux pas |vais pas |pas )?(?:envie de |de )?(?:me suicider|mourir|me tuer|"
    "me "
    "blesser|me couper|suicidaire) |"
    " me tuer (?:à la tâche|au travail|les yeux|le dos) | me couper (?:les cheveux|en deux|une part|les ongles|la "
    "parole|la "
    "frange) "
)

ES = (
    " (?:suicidarme|matarme|ahorcarme|pegarme un tiro|quitarme la vida|cortarme las venas) | me (?:voy a|quiero|"
    "quería|"
    "gustaría) (?:suicidar|matar|morir|ahorcar) |"
    " (?:quiero|quisiera|quería|ganas de|deseo|prefiero|gustaría) (?:morirme|morir|estar muert[oa]|desaparecer para "
    "siempre) |"
    " (?:no|ya no) (?:quiero|puedo|deseo) (?:más )?(?:seguir viviendo|vivir más|vivir [.]|estar viv[oa]|seguir con "
    "vida|"
    "despertar más|existir) | (?:no|ya no) quiero vivir (?:así|mas|más|[.]) |"
    " (?:acabar|terminar) con (?:mi vida|todo de una vez) | poner fin a mi vida |"
    " (?:tengo|pensamientos|ideas|mis) <2>suicidas | (?:soy|estoy|me siento) suicida |"
    " (?:ojalá|desearía|quisiera) (?:estuviera|estuviese|estar|no haber|nunca haber|haberme) (?:muert[oa]|nacido) | "
    "ojalá "
    "(?:me muera|me muriera|no despierte|no despertara|no hubiera nacido|nunca hubiera nacido) |"
    " (?:mejor|felices) (?:sin mí|si yo (?:no estuviera|estuviera muert[oa])) |"
    " (?:no tengo|ninguna|sin) (?:razón|razones|motivos?|ganas) (?:para|de) (?:seguir viviendo|vivir) | la vida no "
    "(?:vale|"
    "tiene) (?:la pena|sentido) (?:vivirla|ya|[.]) |"
    " (?:tirarme|lanzarme|saltar|aventarme) (?:de|desde|por|del|a) <1>(?:puente|balcón|ventana|azotea|tren|edificio|"
    "techo|vías) |"
    " (?:tomé|tomado|tomarme|tragué) <2>(?:todas las|demasiadas|un frasco de|un bote de) <1>(?:pastillas|píldoras) "
)
ES_HARM = (
    " (?:quiero|voy a|necesito|ganas de|vuelto a|empecé a|pienso en) (?:cortarme|lastimarme|herirme|hacerme daño|"
    "autolesionarme|quemarme) | me (?:corto|autolesiono|hago daño) (?:los brazos|las muñecas|a propósito|cuando|otra|"
    "para|[.]) | (?:autolesionarme|autolesiones|autolesión) "
)
ES_OTHERS = (
    " (?:mi|mis|un|una) <1>(?:amig[oa]s?|novi[oa]|herman[oa]|madre|padre|mamá|papá|hij[oa]|prim[oa]|espos[oa]|marido|"
    "mujer|"
    "ex|compañer[oa]|alumn[oa]) <12>(?:suicid@|matarse|quitarse la vida|(?:quiere|quería|ganas de) (?:morir|morirse)|"
    "se "
    "(?:quiere|va a) matar|(?:se )?(?:autolesion@|cortarse|corta los brazos)|hacerse daño) "
)
ES_FIGURES = (
    " (?:morir|morirme|muero) (?:de (?:risa|hambre|sed|vergüenza|amor|frío|calor|sueño|ganas|envidia|celos|la risa)|"
    "feliz) |"
    " (?:no|nunca|jamás) (?:quiero|voy a|me quiero|me voy a|tengo|estoy|soy) (?:suicidarme|morir|morirme|matarme|"
    "matar|"
    "suicidar|ideas suicidas|pensamientos suicidas|suicida|cortarme|hacerme daño) |"
    " (?:matarme (?:estudiando|trabajando|entrenando|a trabajar)|cortarme (?:el pelo|las uñas|el cabello|un trozo|un "
    "pedazo)) | escuadrón suicida "
)

PT = (
    " (?:me (?:matar|suicidar|enforcar)|suicidar me|matar me|tirar (?:a )?minha (?:própria )?vida) |"
    " (?:quero|queria|vontade de|desejo|gostaria de|preferia) (?:só |muito |mesmo )?(?:morrer|estar mort[oa]|sumir "
    "para "
    "sempre) |"
    " (?:não|nao|n) (?:quero|aguento|consigo) mais (?:viver|existir|acordar|estar viv[oa]) | (?:não|nao) (?:quero|"
    "aguento) "
    "(?:viver|existir) mais |"
    " (?:acabar|terminar|por fim|pôr fim) (?:com |a )?(?:à )?(?:a )?minha vida | acabar com tudo |"
    " (?:tenho|pensamentos|ideias|meus) <2>suicidas | (?:sou|estou|me sinto) suicida |"
    " (?:queria|gostaria de|preferia) (?:nunca ter|não ter|estar|que eu estivesse) (?:nascido|mort[oa]) |"
    " (?:melhor|felizes) (?:sem mim|se eu (?:morresse|não existisse|estivesse mort[oa])) |"
    " (?:não tenho|nenhuma|sem|nenhum) (?:razão|razões|motivo|motivos|vontade) (?:para|pra|de) viver | a vida não "
    "vale (?:mais )?a pena |"
    " (?:pular|me jogar|saltar|atirar me) (?:da|do|de|na frente) <2>(?:ponte|prédio|janela|trem|telhado|varanda|"
    "comboio) |"
    " (?:tomei|tomar|engoli) <2>(?:todos os|demasiados|uma cartela de|um frasco de) <1>(?:comprimidos|remédios) "
)
PT_HARM = (
    " (?:quero|vou|preciso|vontade de|voltei a|comecei a|pensando em) (?:me )?(?:cortar|machucar|ferir|automutilar|"
    "magoar)"
    "(?: me)? (?:de novo|os braços|os pulsos|de propósito|hoje|[.]) | (?:me corto|me mutilo|me automutilo|"
    "automutilação) "
)
PT_OTHERS = (
    " (?:meu|minha|meus|um|uma) <1>(?:amig[oa]s?|namorad[oa]|irmão|irmã|mãe|pai|filh[oa]|prim[oa]|marido|esposa|"
    "mulher|ex|"
    "colega|alun[oa]) <12>(?:suicid@|se matar|se suicidar|tirar a própria vida|(?:quer|queria|vontade de) morrer|se "
    "(?:corta|cortando|machuca|mutila@)) "
)
PT_FIGURES = (
    " (?:morrer|morrendo|morro) de (?:rir|fome|sede|vergonha|amor|frio|calor|sono|saudade|saudades|medo|inveja) |"
    " (?:não|nao|nunca|jamais) (?:quero|vou|tenho|estou|sou) (?:me matar|morrer|me suicidar|pensamentos suicidas|"
    "suicida|me "
    "cortar|me machucar) |"
    " (?:me matar de (?:rir|estudar|trabalhar|treinar)|esquadrão suicida) "
)

IT = (
    " (?:uccidermi|ammazzarmi|suicidarmi|impiccarmi|togliermi la vita|farla finita) |"
    " (?:voglio|vorrei|volevo|desidero|voglia di|preferirei) (?:solo |davvero |tanto )?(?:morire|essere mort[oa]|"
    "sparire per "
    "sempre) |"
    " non (?:voglio|riesco|ce la faccio|ho voglia) <2>(?:vivere|svegliarmi|esistere) (?:più|piu|[.]) | non (?:voglio|"
    "ho voglia "
    "di) più (?:a |di )?(?:vivere|svegliarmi|esistere) | non ce la faccio più a vivere |"
    " (?:porre|mettere) fine alla mia vita | mi (?:uccido|ammazzo|suicido) [.] |"
    " (?:ho|pensieri|miei|idee) <2>(?:suicidi|suicide|suicidari[eo]) [.] | pensieri (?:suicidi|di suicidio|"
    "suicidari) | (?:penso|"
    "pensando) (?:al|di fare il) suicidio |"
    " (?:vorrei|magari|preferirei) (?:non essere mai nat[oa]|essere mort[oa]|fossi mort[oa]) |"
    " (?:meglio|felici) (?:senza di me|se (?:io )?(?:fossi mort[oa]|non ci fossi)) |"
    " (?:nessun|alcun|più) (?:motivo|ragione|senso) (?:per|di) vivere | la vita non vale (?:più )?la pena |"
    " (?:buttarmi|gettarmi|saltare) (?:giù )?(?:dal|da un|sotto|dalla) <1>(?:ponte|tetto|balcone|treno|finestra|"
    "palazzo) "
)
IT_HARM = (
    " (?:voglio|vorrei|voglia di|bisogno di|ricominciato a|continuo a|sto per) (?:tagliarmi|farmi (?:del )?male|"
    "ferirmi|"
    "bruciarmi) | mi (?:taglio|faccio del male) (?:le braccia|i polsi|apposta|di nuovo|quando|per|[.]) | "
    "autolesionismo "
)
IT_OTHERS = (
    " (?:mi[oa]|miei|un|una) <1>(?:amic[oah]@|ragazz[oa]|fratello|sorella|madre|padre|mamma|papà|figli[oa]|cugin[oa]|"
    "marito|"
    "moglie|ex|collega|fidanzat[oa]|compagn[oa]) <12>(?:suicid@|uccidersi|ammazzarsi|togliersi la vita|(?:vuole|"
    "vorrebbe|"
    "voleva) morire|farsi (?:del )?male|si taglia|tagliarsi|farla finita) "
)
IT_FIGURES = (
    " (?:morire|morendo|muoio) (?:dal|dalle|di|dalla) (?:ridere|risate|fame|sete|vergogna|freddo|caldo|sonno|noia|"
    "invidia|"
    "voglia|imbarazzo) |"
    " non (?:voglio|vorrei|ho mai voluto|ho) (?:uccidermi|morire|suicidarmi|ammazzarmi|tagliarmi|farmi male|pensieri "
    "suicidi) |"
    " (?:ammazzarmi|uccidermi) (?:di lavoro|di studio|di fatica|di risate) | tagliarmi (?:i capelli|le unghie|una "
    "fetta) | "
    "farla finita con (?:il|lo|la|le|i|questo|questa) "
)

NL = (
    " (?:mezelf|mijzelf|me|mij) <2>(?:van kant maken|van het leven beroven|vermoorden|ombrengen|ophangen|verhangen|"
    "doodmaken) |"
    " (?:ik|[.]) (?:wil|zou|wou) (?:(?:gewoon|echt|liever|alleen|maar|graag|het|liefst|nu|soms) ){0,4}(?:dood|"
    "doodgaan|dood "
    "gaan|dood zijn|sterven) |"
    " (?:wil|kan|hoef) <3>niet (?:meer|langer) (?:leven|verder leven|bestaan|wakker worden|te leven) |"
    " (?:einde|eind) (?:aan|maken aan) mijn leven | mijn leven (?:beëindigen|te beëindigen) | zelfmoord (?:plegen|te "
    "plegen) |"
    " (?:ik (?:ben|voel me)|heb|mijn|met) <2>(?:suïcidaal|suïcidale|zelfmoordgedachten|suïcidegedachten|suïcidale "
    "gedachten) |"
    " (?:wou|wilde|wens) dat ik (?:dood (?:was|ben)|nooit geboren was|er niet meer was) | ik <1>beter (?:af )?dood |"
    " (?:beter|gelukkiger) <1>zonder mij | geen (?:reden|zin) <1>(?:om|in) (?:te leven|het leven|nog te leven) [.] |"
    " (?:van (?:de|een) brug|van het dak|voor (?:de|een) trein|uit het raam) (?:springen|te springen) "
)
NL_HARM = (
    " (?:mezelf|mijzelf|me) <1>(?:snijden|te snijden|pijn doen|pijn te doen|verwonden|beschadigen|automutileren) | "
    "ik (?:snij|snijd|"
    "verwond|beschadig) mezelf | (?:ik|mijn) <2>automutil@ "
)
NL_OTHERS = (
    " (?:mijn|een|onze) <1>(?:vriend@|vriendin|broer|zus|zusje|moeder|vader|mama|papa|zoon|dochter|kind|partner|man|"
    "vrouw|ex|"
    "neef|nicht|collega|leerling) <12>(?:zelfmoord@|suïcid@|zichzelf <2>(?:iets aandoen|wat aandoen|snijdt|snijden|"
    "van kant|"
    "pijn)|(?:wil|wilde) <1>(?:dood|sterven)|niet meer (?:wil )?leven|dood wil) "
)
NL_FIGURES = (
    " (?:niet|nooit|geen) (?:mezelf |me |meer )?(?:dood|doodgaan|sterven|zelfmoord@|suïcid@|snijden|pijn doen|van "
    "kant maken) |"
    " dood (?:van|lachen|gaan van|voor) | dood ?lachen "
)

PL = (
    " (?:zabić|zabiję|zabije|powiesić|powieszę|zabicie) się | się (?:zabić|zabiję|zabije|powiesić|zabije) |"
    " (?:chcę|chce|chciał@|wolał@) (?:już |po prostu |tylko |naprawdę )*(?:umrzeć|zdechnąć|nie żyć|zniknąć na "
    "zawsze) |"
    " (?:nie chcę|nie chce|nie chce mi się|nie mam siły|nie potrafię) (?:już |dłużej |dalej )*(?:żyć|istnieć|się "
    "obudzić|obudzić "
    "się) (?:dłużej|już|dalej|[.]) | nie chce mi się (?:już )?żyć |"
    " (?:odebrać sobie|skończyć ze sobą|skończyć z życiem|zakończyć (?:swoje|moje) życie|targnąć się na) |"
    " (?:mam|moje|miewam) <1>(?:myśli|mysli) samobójcze | (?:popełnić|popełnię) samobójstwo |"
    " (?:żałuję że|szkoda że|wolał@) <2>(?:żyję|się urodził@|urodziłam się|urodziłem się|być martw@) |"
    " lepiej (?:beze mnie|gdybym (?:nie żył@|umarł@)) | nie mam po co żyć | życie nie ma (?:już )?sensu |"
    " (?:skoczyć|rzucić się|skoczę) (?:z|pod) (?:mostu|dachu|okna|balkonu|pociąg) "
)
PL_HARM = (
    " (?:tnę się|tne się|się tnę|pociąć się|się pociąć|pociął@ się|okalecz@ się|się okalecz@|chcę się (?:ciąć|zranić|"
    "skrzywdzić)|"
    "samookalecz@) "
)
PL_OTHERS = (
    " (?:mój|moja|moje|mojej|mojego|kolega|koleżanka) <1>(?:przyjaciel@|przyjaciół@|brat@|siostr@|mam@|tat@|ojciec|"
    "matk@|syn@|córk@|"
    "chłopak@|dziewczyn@|mąż|żon@|kuzyn@|koleg@|koleżank@) <12>(?:samobój@|(?:się )?zabić|(?:chce|chciał@) umrzeć|"
    "się (?:tnie|"
    "okalecza)|nie chce żyć|odebrać sobie) "
)
PL_FIGURES = (
    " (?:umrzeć|umieram|umrę) (?:ze|z) (?:śmiechu|wstydu|głodu|nudów|zimna|gorąca|strachu|zazdrości|pragnienia) |"
    " nie (?:chcę|chce|zamierzam|mam) (?:się )?(?:zabić|umrzeć|umierać|myśli samobójczych|ciąć|zabijać) | legion "
    "samobójców "
)

TR = (
    " (?:kendimi|canıma) <1>(?:öldür@|asmak@|asacağ@|kıymak|kıyacağ@|kıymayı) | intihar (?:etmek isti(?:yorum|yom)|"
    "edeceğim|ediyorum|etmeyi|ediceğim|"
    "edicem|edebilirim) | (?:ölmek|gebermek) (?:istiyorum|isterdim|istedim|istiyom) | (?:yaşamak|var olmak|uyanmak) "
    "istemiyorum |"
    " (?:hayatıma|yaşamıma) son (?:ver@) | intihar düşüncel@ | (?:keşke|ah) <1>(?:ölsem|ölseydim|hiç doğmasaydım|"
    "doğmasaydım) | "
    "(?:bensiz|ben olmasam|ben ölsem) <3>daha (?:iyi|mutlu) |"
    " (?:yaşamak için|yaşamamın|yaşamanın) <2>(?:sebebim|neden@|anlamı|sebep) (?:yok|kalmadı) | (?:köprüden|çatıdan|"
    "pencereden|balkondan) "
    "(?:atla@|kendimi at@) "
)
TR_HARM = (
    " (?:kendimi|kollarımı|bileklerimi) <1>(?:kes(?:mek|iyorum|ecem|eceğim|tim)|jiletl@|yaralamak) | kendime "
    "(?:zarar ver@) "
)
TR_OTHERS = (
    " (?:arkadaşım|kardeşim|ablam|abim|annem|babam|oğlum|kızım|sevgilim|eşim|kuzenim|dostum)@ <10>(?:intihar|kendini "
    "(?:öldür@|kes@|asmak)|"
    "ölmek isti@|kendine zarar|yaşamak istemi@) "
)
TR_FIGURES = (
    " (?:gülmekten|utançtan|açlıktan|sıcaktan|sıkıntıdan|yorgunluktan|soğuktan|meraktan) <1>(?:öl@|geber@) "
    "(?:istiyorum )?| intihar "
    "(?:etmeyeceğim|etmek istemiyorum|etmem|timi) | ölmek istemiyorum "
)
