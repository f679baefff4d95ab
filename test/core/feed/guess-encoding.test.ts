import assert from 'node:assert/strict'
import iconv from 'iconv-lite'
import { guessEncoding } from '../../../src/core/feed/guess-encoding.js'

const texts: readonly (readonly [language: string, text: string, encodings: readonly string[]])[] = [
  ['Polish', 'Koszulka żółta; Błękitna spódnica, świetna jakość', ['windows-1250', 'iso-8859-2']],
  ['Polish capitals', 'KOSZULKA ŻÓŁTA; SPÓDNICA BŁĘKITNA; ŚWIETLÓWKA', ['windows-1250', 'iso-8859-2', 'cp852']],
  ['Czech', 'Pánská košile, žlutá, vynikající kvalita, šaty i boty, větší', ['windows-1250', 'iso-8859-2']],
  ['Slovene', 'Moška srajca, čevlji, žoga, še več', ['windows-1250', 'iso-8859-2']],
  ['Hungarian', 'Férfi ing, kék színű, gyönyörű, erős, új, tűz', ['windows-1250']],
  ['Romanian', 'Cămaşă bărbătească, albastră, mărime', ['windows-1250']],
  ['German', 'Größe: Groß; Farbe: Grün', ['windows-1252']],
  ['French', 'Crème à la fraise; été 2024; forêt; ça va; élève', ['windows-1252']],
  ['Spanish', 'Camión pequeño, edición española, corazón, más', ['windows-1252']],
  ['Portuguese', 'Calção de algodão, tamanho médio, promoção', ['windows-1252']],
  ['Italian', 'Qualità superiore, più leggero, è così, perché; città', ['windows-1252']],
  ['Swedish', 'Skjorta för män, blå, storlek på ärm, grön höst', ['windows-1252']],
  ['Danish', 'Trøje til børn, blå, størrelse, æble', ['windows-1252']],
  ['English with signs', 'Brand™ “quoted” – it’s 5 × 3, 20° €', ['windows-1252']],
  ['Turkish', 'Kadın gömleği, şık tasarım, çok güzel, ışık, İstanbul', ['windows-1254']],
  ['Lithuanian', 'Vyriški marškiniai, žalia spalva, ąžuolas, įmonė, šviesūs', ['windows-1257']],
  ['Latvian', 'Vīriešu krekls, zaļš, krāsa, ļoti skaists, šķirne', ['windows-1257']],
  ['Greek', 'Ανδρικό πουκάμισο, μπλε χρώμα, μέγεθος, ποιότητα', ['windows-1253']],
  ['Russian', 'Рубашка мужская, цвет синий', ['windows-1251', 'koi8-u', 'cp866']],
  ['Ukrainian', 'Сорочка чоловіча, біла, їжак, є в наявності', ['windows-1251', 'koi8-u']],
]

describe('guessEncoding', () => {
  for (const [language, text, encodings] of texts) {
    it(`reads ${language} (${encodings.join(', ')})`, () => {
      for (const encoding of encodings) {
        const bytes = iconv.encode(`sku;name\n1;${text}\n`, encoding)

        const guess = guessEncoding(bytes)

        // Two encodings may write the same letters alike.
        assert.equal(iconv.decode(bytes, guess ?? 'ascii'), iconv.decode(bytes, encoding), `${guess} for ${encoding}`)
      }
    })
  }

  it('makes no guess where there is nothing to guess from', () => {
    assert.equal(guessEncoding(Buffer.from('sku;name')), null)
  })

  it('makes no guess at what is no text', () => {
    const noise = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7919 + (index >> 3)) % 256))

    assert.equal(guessEncoding(noise), null)
  })
})
