import { storeContract } from '../../../contract/store-contract.js'
import { ownCertificate } from '../../../support/certificate.js'
import { shopAbilities, wooCommerceFixture } from './woocommerce-fixture.js'

if (ownCertificate() === null) console.error('skipped: the contract on WooCommerce needs openssl')
else storeContract('WooCommerce', wooCommerceFixture, shopAbilities)
