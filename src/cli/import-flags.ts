/** Flags about a feed and how it is read: the same for every command that takes a SOURCE. */
import { Flags } from '@oclif/core'
import { feedFormats } from '../core/feed/feed.js'

export const sourceFlags = {
  preset: Flags.string({ summary: 'Mapping preset; default: found out.', helpValue: 'NAME' }),
  format: Flags.option({ options: feedFormats })({ summary: 'Format of the feed; default: found out.' }),
  lenient: Flags.boolean({ summary: 'Repair what can be repaired, and read a broken feed as far as it goes.' }),
  'allow-private-host': Flags.string({
    summary: 'Host on a private or local address that feeds and images may be fetched from. Repeatable.',
    helpValue: 'HOST',
    multiple: true,
    delimiter: ',',
  }),
}
