/** Spellings of addresses that nothing in a feed may lead to: all that parsers of URLs were ever fooled by. */

/** The parts of 127.0.0.1 and of the metadata service of clouds, in every base that a URL may write them in. */
function inBases(value: number): readonly string[] {
  return [String(value), `0x${value.toString(16)}`, `0${value.toString(8)}`]
}

/** All combinations, a part from each list. */
function combine(lists: readonly (readonly string[])[], between: string): readonly string[] {
  return lists.reduce<readonly string[]>(
    (begun, parts) =>
      begun.flatMap((start) => parts.map((part) => (start === '' ? part : `${start}${between}${part}`))),
    [''],
  )
}

function numberOf([a, b, c, d]: readonly [number, number, number, number]): number {
  return ((a * 256 + b) * 256 + c) * 256 + d
}

const loopback = [127, 0, 0, 1] as const
const others = [
  [127, 0, 0, 2],
  [127, 255, 255, 254],
  [0, 0, 0, 0],
  [10, 0, 0, 1],
  [172, 16, 0, 1],
  [192, 168, 1, 1],
  [169, 254, 169, 254],
  [100, 64, 0, 1],
] as const

/** Digits and dots that become plain ones when a host name is read (UTS 46). */
const disguises: readonly ((host: string) => string)[] = [
  (host) => host.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
  (host) => host.replace(/\d/g, (digit) => String.fromCodePoint(0x1d7ce + Number(digit))),
  (host) => host.replace(/\d/g, (digit) => String.fromCodePoint(0x1d7f6 + Number(digit))),
  (host) => host.replace(/[1-9]/g, (digit) => String.fromCodePoint(0x245f + Number(digit))),
  (host) => host.replace(/\d/g, (digit) => String.fromCodePoint(0x2080 + Number(digit))),
  (host) => host.replaceAll('.', '\u3002'),
  (host) => host.replaceAll('.', '\uff0e'),
  (host) => host.replaceAll('.', '\uff61'),
  (host) => host.replaceAll('.', '%2e'),
  (host) => host.replace(/\d/g, (digit) => `%3${digit}`),
  (host) => host.replace('.', '\u00ad.'),
  (host) => host.replace('1', '1\u200b'),
]

const ipv4Hosts: readonly string[] = [
  ...combine(loopback.map(inBases), '.'),
  ...combine([inBases(127), inBases(1)], '.'),
  ...combine([inBases(127), inBases(0), inBases(1)], '.'),
  ...[loopback, ...others].flatMap((parts) => [...inBases(numberOf(parts)), parts.join('.'), `${parts.join('.')}.`]),
  ...others.flatMap((parts) => [
    parts.map((part) => `0x${part.toString(16)}`).join('.'),
    parts.map((part) => `0${part.toString(8)}`).join('.'),
  ]),
  ...['0X7F.0.0.1', '0x7F000001', '00000177.0.0.01', '0x00000000000000007f.0.0.1', '0x7f.', '127.1.', '0', '0.', '0x0'],
  ...disguises.flatMap((disguise) => [disguise('127.0.0.1'), disguise('169.254.169.254')]),
]

const ipv6Hosts: readonly string[] = [
  ...['::1', '0:0:0:0:0:0:0:1', '0000:0000:0000:0000:0000:0000:0000:0001', '::', '0::0', '::0001'],
  ...[
    '::ffff:127.0.0.1',
    '::FFFF:7F00:1',
    '0:0:0:0:0:ffff:7f00:1',
    '::ffff:10.0.0.1',
    '::ffff:a9fe:a9fe',
    '::ffff:0:0',
  ],
  ...['::127.0.0.1', '::7f00:1', '::ffff:0:127.0.0.1', '64:ff9b::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe'],
  ...['64:ff9b:1::7f00:1', '2002:7f00:1::', '2002:7f00:0001::1', '2002:a00:1::', '2001::1', '2001:0:7f00:1::'],
  ...[
    'fe80::1',
    'febf::1',
    'fec0::1',
    'fc00::1',
    'fd00::1',
    'fdff:ffff::1',
    'ff02::1',
    'ff0e::1',
    '100::1',
    '2001:db8::1',
  ],
  ...['3fff::1', '5f00::1', '4000::1', '::1%25lo', 'fe80::1%25eth0', 'fe80::1%eth0'],
].map((address) => `[${address}]`)

const names = [
  'localhost',
  'LOCALHOST',
  'localhost.',
  'LocalHost%2e',
  'l\u24deCalhost',
  'ｌｏｃａｌｈｏｓｔ',
  '%6c%6f%63alhost',
]

/** What stands before the host is a name and a password, however much it looks like a host. */
const logins = ['example.com@', 'example.com:80@', 'user:pass@', 'example.com%2f@', '%40@', '8.8.8.8:80%20@']

/** URLs at `port`, each another one: more than 200. */
export function forbiddenUrls(port: number): readonly string[] {
  const hosts = [...ipv4Hosts, ...ipv6Hosts, ...names]
  return [
    ...new Set([
      ...hosts.map((host) => `http://${host}:${port}/1.jpg`),
      ...logins.flatMap((login) =>
        ['127.0.0.1', '2130706433', '[::1]'].map((host) => `http://${login}${host}:${port}/1.jpg`),
      ),
      `http:\\\\127.0.0.1:${port}\\1.jpg`,
      `http:/127.0.0.1:${port}/1.jpg`,
      `http:127.0.0.1:${port}/1.jpg`,
      `http:////127.0.0.1:${port}/1.jpg`,
      `ht\ntp://127.0.0.1:${port}/1.jpg`,
      `http://127.0.\t0.1:${port}/1.jpg`,
      ` http://127.0.0.1:${port}/1.jpg`,
      `HTTP://127.0.0.1:${port}/1.jpg`,
      `https://127.0.0.1:${port}/1.jpg`,
      `//127.0.0.1:${port}/1.jpg`,
      ...[
        'file:///etc/passwd',
        'gopher://127.0.0.1/',
        'ftp://127.0.0.1/',
        'dict://127.0.0.1/',
        'data:image/png;base64,x',
      ],
      ...[
        'jar:http://127.0.0.1!/',
        'blob:http://127.0.0.1/',
        'javascript:1',
        'ws://127.0.0.1/',
        'unix:/var/run/x.sock',
      ],
    ]),
  ]
}
