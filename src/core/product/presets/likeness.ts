/**
 * Names that fields bear in feeds of all countries, and which of a feed's own names are like them.
 *
 * Names are compared without case, accents, separators and what stands in brackets: `Image URLs (x;y;z...)` is
 * `imageurls`. Within a field the first name of the list that the feed has is the best. A name with a currency
 * or language behind it (`price_gbp`, `name_th`) counts when there is none without.
 */
import { isCurrency } from '../decimal.js'

export type LikenessField = keyof typeof names

const names = {
  sku:
    'sku itemsku productsku variantsku sellersku merchantsku articlenumber articleno artnr artno artikelnummer artikelnr ' +
    'hauptartikelnr hauptartikelnummer bestellnummer bestellnr itemnumber itemno productnumber productno stockcode ' +
    'productcode itemcode articlecode symbol indeks kodproduktu kodtowaru codicearticolo codice codigoproducto codigo ' +
    'referencia reference referencenumber referenz ref refno catalognumber katalognummer артикул кодтовара masanpham code kod код',
  id:
    'code id productid itemid articleid offerid uniqueid uid uuid guid entityid idproduktu produktid artikelid handle slug ' +
    'gtin ean ean13 barcode upc',
  model: 'model modelcode modelnumber modelnr mpn',
  name:
    'name productname title producttitle itemname itemtitle articlename artikelname artikelbezeichnung produktname ' +
    'produktbezeichnung bezeichnung nazwa nazwaproduktu nombre nombreproducto nome nomeprodotto titolo titulo titre nom ' +
    'designation libelle nazev nazov naam productnaam benamning produktnamn navn namn название наименование имя назва ' +
    'tensanpham displayname displaytitle productdisplayname',
  description:
    'description desc longdescription fulldescription productdescription bodyhtml descriptionhtml longdesc body ' +
    'beschreibung langbeschreibung artikelbeschreibung produktbeschreibung opis opisproduktu descripcion descrizione ' +
    'popis omschrijving beskrivning beskrivelse описание опис mota',
  shortDescription:
    'shortdescription shortdesc summary excerpt kurzbeschreibung krotkiopis opiskrotki descrizionebreve teaser',
  brand:
    'brand brandname manufacturer manufacturername vendor producer maker hersteller herstellername marke marca marque ' +
    'producent marka produttore fabricante fabricant fabrikant merk vyrobce vyrobca znacka производитель бренд виробник thuonghieu',
  price:
    'price sellingprice currentprice finalprice retailprice regularprice listprice pricewithvat pricevat ' +
    'pricegross grossprice priceincltax priceincvat pricenet netprice priceexcltax priceexvat pricetaxexcluded ' +
    'pricetaxexcludedorpricetaxincluded pricetaxincluded preis verkaufspreis vkpreis vk preisbrutto bruttopreis ' +
    'preisnetto nettopreis cena cenabrutto cenanetto cenadetaliczna prix prixttc prixht precio preco prezzo prijs pris цена ціна gia unitprice baseprice',
  salePrice:
    'saleprice specialprice discountprice discountedprice promoprice promotionalprice offerprice angebotspreis aktionspreis cenapromocyjna',
  oldPrice:
    'originalprice oldprice compareatprice wasprice formerprice regularprice listprice strikeprice streichpreis altpreis staracena oldprise',
  wholesalePrice:
    'wholesaleprice dealerprice purchaseprice costprice cost costperitem buyprice einkaufspreis ekpreis ek cenahurtowa cenazakupu',
  currency: 'currency currencycode currencyid waluta wahrung devise moneda moeda valuta mena валюта',
  stock:
    'stock stockquantity stockqty qty quantity quantityinstock instockquantity stocklevel inventory inventoryquantity inventoryqty ' +
    'stockonhand onhand availablequantity availableqty availablestock bestand lagerbestand lagermenge lager menge ilosc stan ' +
    'stanmagazynowy cantidad existencias giacenza quantita disponibilita quantite sklad количество остаток кількість voorraad antal',
  inStock: 'instock isinstock available isavailable lieferbar',
  availability:
    'availability availabilitystatus availabilitytext stockstatus stocktext verfugbarkeit dostepnosc disponibilidad ' +
    'disponibilite dostupnost наличие наявність deliverytime lieferzeit',
  categories:
    'categories categorypath categorypaths breadcrumbs breadcrumb categorytree producttype fullcategory category categoryname ' +
    'productcategory categorytext maincategory kategorien kategorie kategoria kategorier categoria categorie warengruppe ' +
    'produktgruppe produktart rubrik aisle department danhmuc категория категорія группа productgroup collection',
  subcategory:
    'subcategory subcategoryname subcategory1 category2 subkategorie podkategoria sottocategoria подкатегория',
  mainImage:
    'imagelink imageurl mainimage mainimageurl baseimage featuredimage image picture pictureurl photo photourl img imgurl ' +
    'imagesrc imagefile imagename bild bildurl bildname bilddatei zdjecie foto fotourl immagine imagen imagem obrazek afbeelding bilde ' +
    'картинка изображение фото',
  images:
    'images imageurls imagelinks imagelist pictures photos photourls imgs gallery galleryimages mediagallery additionalimages ' +
    'additionalimage additionalimagelink additionalimagelinks additionalimageurls otherimages extraimages moreimages bilder ' +
    'bildurls zdjecia immagini imagenes imagens obrazky assets изображения картинки',
  thumbnail: 'thumbnail thumbnailurl thumb thumbnailimage smallimage',
  gtin: 'gtin ean ean13 eancode gtin13 gtin14 gtinean eanupc barcode upc isbn eans kodean kodkreskowy codiceean strichcode штрихкод',
  mpn:
    'mpn manufacturerpartnumber manufacturerpartno manufacturercode manufacturersku manufacturernumber partnumber partno ' +
    'herstellernummer herstellerartikelnummer herstellernr kodproducenta modelcode modelnumber hans supplierreference',
  url: 'url producturl link productlink producturi href permalink deeplink deeplinkurl canonicalurl pageurl ссылка',
  weight:
    'weight weightkg weightg weightlbs shippingweight netweight grossweight gewicht gewichtkg waga peso poids hmotnost вес вага',
  vatRate: 'vatrate vat vatpercent taxrate taxpercent mwst mwstsatz ust ustsatz iva tva dph stawkavat ставкандс',
  tags: 'tags keywords tag',
  status: 'status published',
  color: 'color colour farbe kolor couleur colore barva farba kleur farg цвет колір',
  size: 'size grosse rozmiar taille talla taglia velikost maat storlek размер розмір',
  material: 'material werkstoff materialy matiere материал матеріал',
  gender: 'gender geschlecht plec',
} as const

/** A name of the feed's own, where it is found and what it looks like. */
export interface Candidate {
  /** Path for a selector. */
  readonly path: string
  /** As the feed writes it: a column, a key, an element. */
  readonly name: string
  /** An object, whose keys may be names of attributes; it has no text of its own. */
  readonly holdsPairs?: boolean
}

export interface Likeness {
  readonly path: string
  /** The name without case and separators that matched. */
  readonly matched: string
  /** Currency that stood behind the name: `price_gbp`. */
  readonly currency?: string
}

export interface Likenesses {
  /** The best candidate for a field. */
  best(field: LikenessField): Likeness | null
  /** All candidates for a field, best first. */
  all(field: LikenessField): readonly Likeness[]
}

/** Objects whose keys are attributes, by the likeness of their name. */
export function pairHolder(candidates: readonly Candidate[]): string | null {
  const holders = candidates.filter(({ holdsPairs }) => holdsPairs === true)
  return holders.find(({ name }) => pairHolders.has(normalize(name)))?.path ?? null
}

const pairHolders = new Set([
  'attributes',
  'attrs',
  'specs',
  'specifications',
  'features',
  'parameters',
  'params',
  'properties',
])

export function findLikenesses(candidates: readonly Candidate[]): Likenesses {
  const exact = new Map<string, Likeness>()
  const suffixed = new Map<string, Likeness>()
  const numbered = new Map<string, Likeness[]>()
  for (const { path, name, holdsPairs } of candidates) {
    if (holdsPairs === true) continue
    const matched = normalize(name)
    if (!exact.has(matched)) exact.set(matched, { path, matched })
    const suffix = /^(.+?)[\s_.-]+([a-z]{2,3})$/i.exec(name.trim())
    if (suffix?.[1] !== undefined && suffix[2] !== undefined) addSuffixed(suffixed, path, suffix[1], suffix[2])
    const stem = /^(.*\D)\d{1,2}$/.exec(matched)?.[1]
    if (stem !== undefined) numbered.set(stem, [...(numbered.get(stem) ?? []), { path, matched: stem }])
  }
  const all = (field: LikenessField): readonly Likeness[] => {
    const found: Likeness[] = []
    for (const known of [exact, suffixed]) {
      for (const name of names[field].split(' ')) {
        const like = known.get(name)
        if (like !== undefined) found.push(like)
        if (known === exact) found.push(...(numbered.get(name) ?? []))
      }
    }
    return found.filter(({ path }, index) => found.findIndex((other) => other.path === path) === index)
  }
  return { all, best: (field) => all(field)[0] ?? null }
}

/** Behind a price the suffix must be a currency, behind anything else it may be a language. */
function addSuffixed(suffixed: Map<string, Likeness>, path: string, name: string, suffix: string): void {
  const matched = normalize(name)
  const currency = suffix.toUpperCase()
  if (suffixed.has(matched)) return
  if (isCurrency(currency)) suffixed.set(matched, { path, matched, currency })
  else if (suffix.length === 2 && !/price|preis|cena|id$/i.test(`${name}${suffix}`))
    suffixed.set(matched, { path, matched })
}

/** Letters and digits only, without accents and what stands in brackets. */
export function normalize(name: string): string {
  return name
    .replace(/\(.*?\)|\[.*?\]/g, '')
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ł', 'l')
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}]+/gu, '')
}
