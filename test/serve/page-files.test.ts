/** The files of the page: what is served, and that none of them can do what the page must never do. */
import assert from 'node:assert/strict'
import { pageFile } from '../../src/serve/page/page-files.js'
import { filesBelow, readProjectFile } from '../support/project.js'

const browserFolder = 'src/serve/page/browser'
const scripts = filesBelow(browserFolder, '.ts')

/** Where a browser finds the module that this source file was compiled to. */
const addressOf = (file: string) => file.replace(/^src\//, '/assets/').replace(/\.ts$/, '.js')

function textOf(path: string): string {
  const file = pageFile(path)
  assert.ok(file !== null, `${path} is not served`)
  return file.body.toString('utf8')
}

/** As a browser does it. */
const resolved = (specifier: string, from: string) => new URL(specifier, `http://page.invalid${from}`).pathname

describe('the files of the page', () => {
  it('are the page itself, its styles, its icon and its modules', () => {
    assert.equal(pageFile('/')?.type, 'text/html; charset=utf-8')
    for (const [, path = ''] of textOf('/').matchAll(/(?:href|src)="(\/[^"#]+)"/g)) assert.ok(pageFile(path), path)
    for (const file of scripts) assert.equal(pageFile(addressOf(file))?.type, 'text/javascript; charset=utf-8', file)
  })

  it('import only each other, so that no module is asked for in vain', () => {
    const reached = new Set<string>()
    const visit = (path: string): void => {
      if (reached.has(path)) return
      reached.add(path)
      for (const [, specifier = ''] of textOf(path).matchAll(/\bfrom '([^']+)'/g)) visit(resolved(specifier, path))
    }
    visit('/assets/serve/page/browser/main.js')

    const idle = scripts.map(addressOf).filter((path) => !reached.has(path))
    assert.deepEqual(
      idle.filter((path) => !/\/(documents|room)\.js$/.test(path)),
      [],
      'modules that nothing imports',
    )
  })

  const strange = [
    '/index.html',
    '/assets/',
    '/assets/serve/page/page-files.js',
    '/assets/cli/main.js',
    '/assets/serve/page/browser/../page-files.js',
    '/assets/../package.json',
    '/assets/serve/page/browser/%2e%2e/page-files.js',
    '/assets/serve/page/static/page.css\0',
    '//assets/serve/page/static/page.css',
    'constructor',
    '__proto__',
  ]
  for (const path of strange) {
    it(`are not ${JSON.stringify(path)}`, () => assert.equal(pageFile(path), null))
  }

  it('obey a policy without inline scripts and styles, and without other hosts', () => {
    const page = textOf('/')

    assert.doesNotMatch(page, /\sstyle=|\son\w+=|<style|<script(?![^>]*\ssrc=)/i)
    assert.doesNotMatch(page, /https?:\/\//)
    const css = textOf('/assets/serve/page/static/page.css')
    assert.doesNotMatch(css, /url\(|@import|@font-face/)
  })

  it('take no text for markup or code, wherever it comes from', () => {
    const parsers =
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|setHTML|\beval\b|new Function|srcdoc|javascript:(?!`)/
    const found = scripts.filter((file) => parsers.test(readProjectFile(file)))

    assert.deepEqual(found, [])
  })
})
