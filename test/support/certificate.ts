import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Certificate {
  readonly key: string
  readonly cert: string
}

let made: Certificate | null | undefined

/** A certificate of its own for 127.0.0.1, made by openssl once per process; null where that is missing. */
export function ownCertificate(): Certificate | null {
  made = made === undefined ? make() : made
  return made
}

/** As `ownCertificate`; skips aloud without one. */
export function certificate(test: Mocha.Context): Certificate {
  const own = ownCertificate()
  if (own !== null) return own
  console.error('      skipped: openssl is needed to make a certificate')
  return test.skip()
}

function make(): Certificate | null {
  const dir = mkdtempSync(join(tmpdir(), 'wholesaler-test-'))
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  try {
    execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, ...name], { stdio: 'ignore' })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } catch {
    return null
  } finally {
    rmSync(dir, { recursive: true })
  }
}
