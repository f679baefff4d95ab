import assert from 'node:assert/strict'
import { csv, mapText } from '../map-text.js'

describe('preset magento2-csv', () => {
  const header = [
    ...[
      'sku',
      'store_view_code',
      'attribute_set_code',
      'product_type',
      'categories',
      'name',
      'price',
      'qty',
      'is_in_stock',
    ],
    ...['base_image', 'additional_images', 'additional_attributes', 'configurable_variations', 'product_online'],
  ]
  const simple = (sku: string, size: string, view = '') => [
    ...[sku, view, 'Top', 'simple', 'Default Category/Men/Tops,Default Category', `Shirt ${size}`, '10', '3', '1'],
    ...[
      `/a/${size}.jpg`,
      `/a/${size}-back.jpg`,
      `has_options=0,size=${size},color=Red,climate=Cool|Warm,note=a,b`,
      '',
      '1',
    ],
  ]
  const configurable = [
    ...['A', '', 'Top', 'configurable', 'Default Category/Men/Tops', 'Shirt', '', '0', '1', '/a/a.jpg', ''],
    ...['material=Wool', 'sku=A-S,size=S|sku=A-M,size=M|sku=A-L,size=L', '2'],
  ]

  for (const inMemoryMax of [1000, 0]) {
    it(`joins a configurable to the simple products before it (at most ${inMemoryMax} records in memory)`, async () => {
      const rows = [simple('A-S', 'S'), simple('B', 'XL'), simple('A-M', 'M'), configurable]
      const { preset, products, repairs } = await mapText(
        csv(header, ...rows),
        { map: { imageBase: 'https://x.example/media/catalog/product' } },
        {},
        { inMemoryMax },
      )
      assert.equal(preset, 'magento2-csv')
      assert.deepEqual(products.map(({ key }) => key).sort(), ['a', 'b'])
      const parent = products.find(({ key }) => key === 'a')
      assert.deepEqual(
        [parent?.categories, parent?.status, parent?.stock, parent?.inStock],
        [[['Men', 'Tops']], 'draft', undefined, true],
      )
      assert.deepEqual(
        parent?.variants.map(({ sku, options, price, stock, image }) => [sku, options, price, stock, image?.url]),
        [
          ['A-S', [['size', 'S']], '10', '3', 'https://x.example/media/catalog/product/a/S.jpg'],
          ['A-M', [['size', 'M']], '10', '3', 'https://x.example/media/catalog/product/a/M.jpg'],
        ],
      )
      assert.deepEqual(
        parent?.images?.map(({ url }) => url.slice(url.lastIndexOf('/') + 1)),
        ['a.jpg', 'S-back.jpg', 'M-back.jpg'],
      )
      assert.deepEqual(
        repairs.map(({ code, detail }) => [code, detail]),
        [['missing_variant', 'the feed does not have the variants a-l that it lists']],
      )
    })
  }

  it('reads lists of attributes, commas inside values too, and leaves out texts of other stores', async () => {
    const { products, skips } = await mapText(csv(header, simple('B', 'XL'), simple('B', 'XL', 'fr')))
    assert.deepEqual([products.length, skips], [1, ['unless']])
    assert.deepEqual(products[0]?.attributes, [
      { name: 'size', values: ['XL'] },
      { name: 'color', values: ['Red'] },
      { name: 'climate', values: ['Cool', 'Warm'] },
      { name: 'note', values: ['a,b'] },
    ])
  })
})

describe('preset magmi-csv', () => {
  it('takes the options from the columns that the configurable names', async () => {
    const header = [
      ...['sku', 'store', 'type', 'attribute_set', 'name', 'price', 'qty', 'categories', 'color', 'size', 'image'],
      ...['media_gallery', 'configurable_attributes', 'simples_skus'],
    ]
    const simple = (sku: string, size: string, store = 'admin') => [
      ...[
        sku,
        store,
        'simple',
        'Default',
        'Shirt',
        '9.5',
        '2',
        'Men/Tops;;Sale',
        'Red',
        size,
        '+/a.jpg',
        '/b.jpg;/c.jpg',
        '',
        '',
      ],
    ]
    const configurable = [
      'A',
      'admin',
      'configurable',
      'Default',
      'Shirt',
      '9.5',
      '0',
      'Men/Tops;;Sale',
      '',
      '',
      '/a.jpg',
      '',
      'size',
      'A-S,A-M',
    ]
    const { preset, products, skips } = await mapText(
      csv(header, configurable, simple('A-S', 'S'), simple('A-M', 'M'), simple('C', 'L'), simple('C', 'G', 'fr')),
    )
    const [parent, single] = products
    assert.equal(preset, 'magmi-csv')
    assert.deepEqual([parent?.categories, skips.length], [[['Men', 'Tops'], ['Sale']], 1])
    assert.deepEqual(
      parent?.variants.map(({ sku, options }) => [sku, options]),
      [
        ['A-S', [['size', 'S']]],
        ['A-M', [['size', 'M']]],
      ],
    )
    assert.deepEqual(
      single?.images?.map(({ url }) => url),
      ['/a.jpg', '/b.jpg', '/c.jpg'],
    )
  })
})

describe('preset vendure-csv', () => {
  const header = [
    'name ',
    ' slug',
    ' description',
    'assets',
    'facets',
    'optionGroups',
    'optionValues',
    'sku',
    'price',
    'stockOnHand',
    'variantAssets',
  ]
  const laptop = (values: string) => [
    [
      'Laptop ',
      'laptop',
      'D',
      'a.jpg|b.jpg',
      'category:electronics|brand:Acme|ports:2',
      'screen size|RAM',
      values,
      'L1',
      '1299.00',
      '7',
      '',
    ],
    [' ', '', '', '', '', '', '15 inch|16GB', 'L2', '1399', '0', 'c.jpg'],
  ]
  const keyboard = ['Keyboard', 'keyboard', 'D', 'k.jpg', '', '', '', 'K1', '74.89', '3', '']

  it('makes rows without a name variants, and takes options from two lists', async () => {
    const { preset, products } = await mapText(csv(header, ...laptop('13 inch|8GB'), keyboard), {
      map: { imageBase: 'https://x.example/assets' },
    })
    const [first, second] = products
    assert.equal(preset, 'vendure-csv')
    assert.deepEqual([first?.key, first?.name, first?.brand], ['laptop', 'Laptop', 'Acme'])
    assert.deepEqual([first?.categories, first?.attributes], [[['electronics']], [{ name: 'ports', values: ['2'] }]])
    assert.deepEqual(
      first?.variants.map(({ sku, options, stock, image }) => [sku, options, stock, image?.url]),
      [
        [
          'L1',
          [
            ['screen size', '13 inch'],
            ['RAM', '8GB'],
          ],
          '7',
          undefined,
        ],
        [
          'L2',
          [
            ['screen size', '15 inch'],
            ['RAM', '16GB'],
          ],
          '0',
          'https://x.example/assets/c.jpg',
        ],
      ],
    )
    assert.deepEqual([second?.key, second?.sku, second?.variants, second?.price], ['keyboard', 'K1', [], '74.89'])
  })

  it('rejects a row whose options and values are not as many', async () => {
    const { products, rejects } = await mapText(csv(header, ...laptop('13 inch')))
    assert.deepEqual([products[0]?.variants.length, rejects.map(({ code }) => code)], [1, ['uneven_options']])
  })
})

describe('preset icecat-json', () => {
  it('takes open attributes', async () => {
    const line = (id: string) =>
      JSON.stringify({
        ...{ id, title: 'Phone', brand: 'LG', description: 'D', image_url: 'https://x.example/1.jpg', price: 693.6 },
        ...{
          currency: 'USD',
          categories: ['Smartphones'],
          attrs: { RAM: '2 GB', Ports: ['USB', 'HDMI'] },
          attr_keys: ['RAM'],
        },
      })
    const { preset, products } = await mapText(`${line('1')}\n${line('2')}\n`)
    const [first] = products
    assert.deepEqual([preset, first?.price, first?.currency], ['icecat-json', '693.6', 'USD'])
    assert.deepEqual(first?.categories, [['Smartphones']])
    assert.deepEqual(first?.attributes, [
      { name: 'RAM', values: ['2 GB'] },
      { name: 'Ports', values: ['USB', 'HDMI'] },
    ])
  })
})

describe('preset prestashop-csv', () => {
  for (const [name, separator] of [
    ['thirty bees and PrestaShop 1.6', ';'],
    ['PrestaShop 8', ','],
  ] as const) {
    it(`reads the headers and lists of ${name}`, async () => {
      const lists = (label: string) => `${label} (x${separator}y${separator}z...)`
      const { preset, products } = await mapText(
        csv(
          [
            'Product ID',
            'Active (0/1)',
            'Name *',
            lists('Categories'),
            'Price tax excluded',
            'Wholesale price',
            'Reference #',
            'EAN13',
            'Brand',
            'Quantity',
            lists('Image URLs'),
            'Feature(Name:Value:Position)',
          ],
          [
            '1',
            '0',
            'Mug',
            ['Home/Kitchen', 'Sale'].join(separator),
            '8',
            '5',
            'R-1',
            '0012345678905',
            'B',
            '4',
            ['https://x.example/1.jpg', 'https://x.example/2.jpg'].join(separator),
            'Color:Red:1, Ratio:16:9:2',
          ],
        ),
      )
      const [first] = products
      assert.equal(preset, 'prestashop-csv')
      assert.deepEqual([first?.key, first?.sku, first?.gtin, first?.status], ['1', 'R-1', '0012345678905', 'draft'])
      assert.deepEqual([first?.price, first?.taxIncluded, first?.wholesalePrice], ['8', false, '5'])
      assert.deepEqual([first?.categories, first?.images?.length], [[['Home', 'Kitchen'], ['Sale']], 2])
      assert.deepEqual(
        first?.attributes?.map(({ name, values }) => [name, ...values]),
        [
          ['Color', 'Red'],
          ['Ratio', '16:9'],
        ],
      )
    })
  }
})

describe('preset woocommerce-csv in other languages', () => {
  const before = [
    'Publicado',
    'Em destaque?',
    'Visibilidade',
    'Descrição curta',
    'Descrição',
    'Início',
    'Fim',
    'Imposto',
    'Classe',
  ]
  const after = [
    'Permitir avaliações?',
    'Nota',
    'Preço promocional',
    'Preço',
    'Categorias',
    'Tags',
    'Entrega',
    'Imagens',
    'Limite',
    'Dias',
    'Ascendente',
  ]
  const rest = ['Agrupados', 'Upsells', 'Cross', 'URL', 'Botão', 'Posição']
  const attribute = [
    'Nome do atributo 1',
    'Valor do atributo 1',
    'Visibilidade do atributo 1',
    'Atributo global 1',
    'Metadado: x_1',
  ]
  const measures = ['Peso (kg)', 'Comprimento (cm)', 'Largura (cm)', 'Altura (cm)']

  for (const [version, gtin, low] of [
    ['9.2 and later', ['GTIN'], ['Estoque baixo']],
    ['3.5 to 9.1', [], ['Estoque baixo']],
    ['3.4 and older', [], []],
  ] as const) {
    it(`finds the columns of version ${version} by their order`, async () => {
      const header = [
        ...[
          'ID',
          'Tipo',
          'SKU',
          ...gtin,
          'Nome',
          ...before,
          'Em estoque?',
          'Estoque',
          ...low,
          'Encomendas?',
          'Individual?',
        ],
        ...[...measures, ...after, ...rest, ...attribute],
      ]
      const row = (id: string, type: string, parent: string, size: string) => {
        const cells: Readonly<Record<string, string>> = {
          ID: id,
          Tipo: type,
          SKU: `S${id}`,
          Nome: 'Camisa',
          Publicado: '1',
          'Em estoque?': '1',
          Estoque: '4',
          'Peso (kg)': '0.2',
          Preço: '20',
          Categorias: 'A > B, C',
          Imagens: 'https://x.example/1.jpg, https://x.example/2.jpg',
          Ascendente: parent,
          'Nome do atributo 1': 'Tamanho',
          'Valor do atributo 1': size,
        }
        return header.map((column) => cells[column] ?? '')
      }
      const { preset, products } = await mapText(
        csv(
          header,
          row('1', 'variable', '', 'P, M'),
          row('2', 'variation', 'S1', 'P'),
          row('3', 'variation', 'id:1', 'M'),
        ),
      )
      const [first] = products
      assert.deepEqual([preset, products.length, first?.name, first?.price], ['woocommerce-csv', 1, 'Camisa', '20'])
      assert.deepEqual([first?.stock, first?.weight], ['4', { value: '0.2', unit: 'kg' }])
      assert.deepEqual([first?.categories, first?.images?.length], [[['A', 'B'], ['C']], 2])
      assert.deepEqual(
        first?.variants.map(({ options }) => options),
        [[['Tamanho', 'P']], [['Tamanho', 'M']]],
      )
    })
  }
})
