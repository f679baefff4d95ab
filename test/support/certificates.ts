/** Certificates of an authority of our own, made by the `openssl` program, valid or not. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Authority {
  /** Path of its certificate, for NODE_EXTRA_CA_CERTS. */
  readonly path: string
  /** A certificate for a host name. `days` below 0: it was over before it began. */
  issue(name: string, days?: number): Promise<{ readonly key: string; readonly cert: string }>
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** Null where there is no `openssl`. Files go into `dir`. */
export async function makeAuthority(dir: string): Promise<Authority | null> {
  const openssl = (...args: string[]) => run('openssl', args, { cwd: dir })
  try {
    const files = ['-keyout', 'ca.key', '-out', 'ca.pem']
    await openssl('req', '-x509', ...newKey, ...files, '-subj', '/CN=an authority for tests', '-days', '2')
  } catch {
    return null
  }
  let issued = 0
  return {
    path: join(dir, 'ca.pem'),
    async issue(name, days = 2) {
      issued += 1
      const [key, request, cert, names] = ['key', 'csr', 'pem', 'ext'].map((extension) => `${issued}.${extension}`) as [
        string,
        string,
        string,
        string,
      ]
      await writeFile(join(dir, names), `subjectAltName=DNS:${name}`)
      await openssl('req', '-new', ...newKey, '-keyout', key, '-out', request, '-subj', `/CN=${name}`)
      const signedBy = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial']
      await openssl('x509', '-req', '-in', request, ...signedBy, '-out', cert, '-days', String(days), '-extfile', names)
      const text = (file: string) => readFile(join(dir, file), 'utf8')
      return { key: await text(key), cert: await text(cert) }
    },
  }
}
