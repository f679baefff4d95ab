import assert from 'node:assert/strict'
import { guardedLookup, isListed, isPublicAddress, refuseLiteral } from '../../../src/core/http/address-guard.js'
import { HttpError } from '../../../src/core/http/http-error.js'

/** URLs whose host is an address that nothing in a feed may lead to, in all the ways it can be written. */
const refusedHosts = [
  ...[
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '017700000001',
    '0177.0.0.1',
    '127.0.0.1.',
  ],
  ...['0', '0.0.0.0', '00000', '0x0', '10.0.0.1', '10.1', '012.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  ...['169.254.169.254', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '100.64.0.1', '192.0.0.1', '192.0.2.1'],
  ...['198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '１２７.0.0.1'],
  ...['[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::ffff:10.0.0.1]'],
  ...[
    '[::ffff:a9fe:a9fe]',
    '[::7f00:1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b::10.0.0.1]',
    '[64:ff9b:1::1]',
    '[2002:7f00:1::]',
  ],
  ...['[2001::1]', '[fe80::1]', '[fc00::1]', '[fd12:3456::1]', '[ff02::1]', '[fec0::1]', '[2001:db8::1]', '[100::1]'],
]

const publicHosts = [
  ...['8.8.8.8', '134744072', '0x08080808', '010.8.8.8', '８.8.8.8', '8.8.8.8.', '1.1', '93.184.216.34', '172.32.0.1'],
  ...['100.128.0.1', '126.255.255.255', '128.0.0.1', '169.253.255.255', '11.0.0.1', '192.167.1.1', '223.255.255.255'],
  ...['[2606:4700::1111]', '[::ffff:8.8.8.8]', '[64:ff9b::808:808]', 'example.com', 'localhost.example.com'],
]

describe('the address guard', () => {
  for (const host of refusedHosts) {
    it(`refuses ${host} (N9)`, () => {
      const url = new URL(`http://${host}/image.jpg`)

      assert.throws(() => refuseLiteral(url), { code: 'address_refused', kind: 'denied', hint: /--allow-private-host/ })
    })
  }

  for (const host of publicHosts) {
    it(`lets ${host} pass`, () => {
      refuseLiteral(new URL(`http://${host}/image.jpg`))
    })
  }

  it('judges the IPv4 address that NAT64 stands for', () => {
    assert.equal(isPublicAddress('64:ff9b::808:808'), true)
    assert.equal(isPublicAddress('64:ff9b::a00:1'), false)
  })

  it('takes what is no address for none', () => {
    for (const text of ['', 'localhost', '1.2.3', '1.2.3.4.5', '::g']) assert.equal(isPublicAddress(text), false)
  })

  it('judges the address that is connected to, each time anew (N10)', async () => {
    const answers = ['8.8.8.8', '127.0.0.1']
    const lookup = guardedLookup(async () => [{ address: answers.shift() ?? '127.0.0.1', family: 4 }])
    const ask = () =>
      new Promise((resolve, reject) => {
        lookup('rebind.test', { all: false }, (error, address) => (error ? reject(error) : resolve(address)))
      })

    assert.equal(await ask(), '8.8.8.8')
    await assert.rejects(ask(), (error) => error instanceof HttpError && error.code === 'address_refused')
  })

  it('hands out only the public ones of several addresses', async () => {
    const lookup = guardedLookup(async () => [
      { address: 'fd00::1', family: 6 },
      { address: '8.8.8.8', family: 4 },
    ])

    const addresses = await new Promise((resolve, reject) => {
      lookup('mixed.test', { all: true }, (error, all) => (error ? reject(error) : resolve(all)))
    })

    assert.deepEqual(addresses, [{ address: '8.8.8.8', family: 4 }])
  })

  it('knows a listed host by name, with or without port', () => {
    const url = new URL('http://NAS.local:8080/x')

    assert.equal(isListed(url, ['nas.local']), true)
    assert.equal(isListed(url, ['NAS.local:8080']), true)
    assert.equal(isListed(url, ['nas.local:80', 'as.local', 'local']), false)
    assert.equal(isListed(new URL('http://nas.local/x'), ['nas.local:80']), true)
    assert.equal(isListed(new URL('http://[::1]:3000/'), ['::1']), true)
    assert.equal(isListed(new URL('http://[::1]:3000/'), ['[::1]:3000']), true)
  })
})
