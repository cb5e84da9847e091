import { type Millionths, millionths } from '../decimal.ts'
import { type Country, country } from './countries.ts'
import { type NetworkTypeName, networkTypeId, networkTypes } from './networks.ts'

/** Numbers that begin with one prefix: one network, one price on the wholesale market. */
export interface Zone {
  readonly index: number
  readonly prefix: string
  readonly networkPrefixId: number
  readonly country: Country
  readonly network: string
  readonly networkId: number
  readonly networkType: NetworkTypeName
  readonly networkTypeId: number
  /** What may follow the prefix, so that a made-up number never falls into a longer prefix of another zone. */
  readonly areas: readonly string[]
  readonly numberLength: number
  /** Wholesale price of a minute in the system currency. */
  readonly cost: Millionths
  /** Share of calls that are answered. */
  readonly answerRate: number
  readonly weight: number
}

/** prefix | country | network | type | areas | digits | cost | answer rate | share of the traffic */
const table = `
380|UA|Ukrtelecom|Landline|44 32 48 56 57|12|0.0480|0.51|5
38050|UA|Vodafone Ukraine|Mobile||12|0.1710|0.47|4
38063|UA|lifecell|Mobile||12|0.1680|0.45|2
38067|UA|Kyivstar|Mobile||12|0.1650|0.48|5
49|DE|Deutsche Telekom|Landline|30 40 69 89 221|12|0.0095|0.58|10
4915|DE|O2 Germany|Mobile|1 2 5 7 9|13|0.0420|0.52|4
4916|DE|Vodafone Germany|Mobile|2 3 5|13|0.0410|0.53|4
4917|DE|Telekom Mobil|Mobile|0 1 2 5|13|0.0405|0.54|4
49800|DE|Freephone Germany|Toll-Free||12|0.0300|0.60|5
44|GB|BT|Landline|20 121 131 161|12|0.0085|0.57|9
447|GB|EE|Mobile|4 5 7 8 9|12|0.0320|0.52|8
44800|GB|Freephone United Kingdom|Toll-Free||12|0.0280|0.60|5
44909|GB|Premium services United Kingdom|Special Services||12|1.2500|0.40|0.3
33|FR|Orange|Landline|1 2 4 5|11|0.0078|0.57|6
336|FR|SFR|Mobile||11|0.0310|0.50|4
337|FR|Bouygues Telecom|Mobile|5 6 8|11|0.0330|0.50|3
33800|FR|Numéro vert|Toll-Free||11|0.0310|0.59|3
39|IT|TIM|Landline|02 06 011 055|12|0.0110|0.55|5
393|IT|WindTre|Mobile|2 4 8|12|0.0340|0.49|5
34|ES|Telefónica|Landline|91 93 95|11|0.0100|0.56|4
346|ES|Movistar|Mobile||11|0.0300|0.50|4
48|PL|Orange Polska|Landline|22 12 71 32|11|0.0120|0.55|4
4850|PL|Play|Mobile||11|0.0290|0.50|3
4860|PL|Plus|Mobile||11|0.0285|0.50|3
46|SE|Telia|Landline|8 31 40|11|0.0080|0.58|3
467|SE|Tele2|Mobile|0 2 3 6|11|0.0260|0.53|4
47|NO|Telenor|Landline|22 23 55|10|0.0090|0.58|2
474|NO|Telenor Mobil|Mobile|0 1 5 8|10|0.0350|0.52|2
45|DK|TDC|Landline|33 86 98|10|0.0085|0.58|2
452|DK|TDC Mobil|Mobile||10|0.0270|0.53|2
358|FI|Elisa|Landline|9 2 3|11|0.0190|0.57|2
35840|FI|DNA|Mobile||12|0.0330|0.53|2
31|NL|KPN|Landline|10 20 70|11|0.0090|0.57|4
316|NL|KPN Mobiel|Mobile|1 2 4 5|11|0.0360|0.51|3
32|BE|Proximus|Landline|2 3 9|10|0.0120|0.56|2
324|BE|Proximus Mobile|Mobile|7 8 9|11|0.0480|0.50|2
43|AT|A1 Telekom Austria|Landline|1 316 512|11|0.0130|0.57|2
43664|AT|A1 Mobil|Mobile||13|0.0450|0.51|2
41|CH|Swisscom|Landline|22 31 44|11|0.0180|0.57|3
417|CH|Sunrise|Mobile|6 8 9|11|0.1020|0.50|2
420|CZ|O2 Czech Republic|Landline|2 5|12|0.0140|0.56|2
4207|CZ|T-Mobile Czech Republic|Mobile|0 2 7|12|0.0340|0.51|2
421|SK|Slovak Telekom|Landline|2 55|12|0.0160|0.55|1
4219|SK|Orange Slovensko|Mobile|0 1 4|12|0.0370|0.50|1
36|HU|Magyar Telekom|Landline|1 62|10|0.0130|0.55|1.5
3630|HU|Magyar Telekom Mobil|Mobile||11|0.0330|0.50|1.5
40|RO|Orange România|Landline|21 264|11|0.0110|0.55|2
407|RO|Digi Mobil|Mobile|2 4 6|11|0.0280|0.50|2
359|BG|Vivacom|Landline|2 32|11|0.0200|0.54|1
35988|BG|A1 Bulgaria|Mobile||12|0.0720|0.49|1
30|GR|OTE|Landline|21 231|12|0.0130|0.55|1.5
3069|GR|Cosmote|Mobile|4 7 8|12|0.0390|0.49|1.5
351|PT|MEO|Landline|21 22|12|0.0095|0.56|1.5
3519|PT|NOS|Mobile|1 2 6|12|0.0310|0.50|1.5
353|IE|Eir|Landline|1 21|11|0.0110|0.57|1.5
35387|IE|Three Ireland|Mobile||12|0.0340|0.52|1.5
370|LT|Telia Lietuva|Landline|5 37|11|0.0260|0.54|1
371|LV|Tet|Landline|67|11|0.0300|0.53|1
372|EE|Telia Eesti|Landline|6|10|0.0220|0.55|1
995|GE|Silknet|Landline|32|12|0.0850|0.50|1
90|TR|Türk Telekom|Landline|212 312|12|0.0240|0.52|3
905|TR|Turkcell|Mobile|3 4 5|12|0.1650|0.46|4
972|IL|Bezeq|Landline|2 3|11|0.0130|0.54|2
9725|IL|Pelephone|Mobile|0 2 4|12|0.0390|0.50|2
971|AE|Etisalat|Landline|2 4|11|0.1350|0.48|2
97150|AE|Etisalat Mobile|Mobile||12|0.1580|0.46|2
966|SA|STC|Landline|11 12|12|0.0920|0.47|1
9665|SA|STC Mobile|Mobile|0 3 5|12|0.1450|0.45|2
20|EG|Telecom Egypt|Landline|2 3|11|0.0980|0.46|1
201|EG|Vodafone Egypt|Mobile|0 1|12|0.1180|0.45|2
212|MA|Maroc Telecom|Landline|5|12|0.1900|0.46|1
234|NG|MTN Nigeria|Mobile|803 806|13|0.0890|0.45|2
2547|KE|Safaricom|Mobile|0 1 2|12|0.1280|0.46|1.5
27|ZA|Telkom South Africa|Landline|11 21|11|0.0420|0.51|1.5
2782|ZA|Vodacom|Mobile||11|0.0780|0.48|1.5
91|IN|BSNL|Landline|11 22 80|12|0.0140|0.47|3
919|IN|Airtel|Mobile|8 9|12|0.0130|0.46|8
92|PK|PTCL|Landline|21 42|12|0.0330|0.45|1
923|PK|Jazz|Mobile|0 1|12|0.0380|0.45|3
8801|BD|Grameenphone|Mobile|7 3|13|0.0240|0.45|2
86|CN|China Telecom|Landline|20 21|12|0.0120|0.52|3
861|CN|China Mobile|Mobile|3 5 8|13|0.0130|0.50|4
81|JP|NTT|Landline|3 6|11|0.0210|0.55|2
8190|JP|NTT Docomo|Mobile||12|0.0720|0.52|1.5
82|KR|KT|Landline|2|11|0.0150|0.54|1
8210|KR|SK Telecom|Mobile||12|0.0210|0.52|1
852|HK|PCCW|Landline|2 3|11|0.0120|0.55|1.5
65|SG|Singtel|Mobile|8 9|10|0.0110|0.54|1.5
60|MY|TM Malaysia|Landline|3|10|0.0180|0.53|1
66|TH|AIS|Mobile|8 9|11|0.0220|0.51|1
84|VN|Viettel|Mobile|9 3|11|0.0680|0.47|2
63|PH|PLDT|Landline|2|11|0.0880|0.46|1
639|PH|Globe|Mobile|1 2|12|0.1320|0.45|2
62|ID|Telkom Indonesia|Landline|21|11|0.0420|0.49|1
61|AU|Telstra|Landline|2 3|11|0.0150|0.57|2
614|AU|Optus|Mobile|0 1 3|11|0.0290|0.53|2
64|NZ|Spark|Landline|9 4|10|0.0180|0.55|1
1|US|AT&T|Landline|212 310 415 617 702|11|0.0072|0.60|9
1416|CA|Bell Canada|Landline||11|0.0065|0.60|3
1514|CA|Vidéotron|Landline||11|0.0064|0.60|2
1604|CA|Telus|Landline||11|0.0066|0.60|2
1800|US|Toll-free North America|Toll-Free||11|0.0200|0.60|8
1900|US|Premium services North America|Special Services||11|0.9900|0.40|0.3
52|MX|Telmex|Landline|55 33 81|12|0.0110|0.52|3
55|BR|Claro Brasil|Landline|11 21|12|0.0120|0.51|2
54|AR|Telecom Argentina|Landline|11|12|0.0150|0.51|1
57|CO|Claro Colombia|Mobile|310 311|12|0.0140|0.49|1.5
56|CL|Entel|Mobile|9|11|0.0190|0.50|1
51|PE|Movistar Perú|Mobile|9|11|0.0210|0.49|1
`

export const zones: readonly Zone[] = table.trim().split('\n').map(parseZone)

function parseZone(line: string, index: number): Zone {
  const [prefix = '', iso2 = '', network = '', type, areas = '', digits, cost = '', answerRate, weight] =
    line.split('|')
  const networkType = networkTypes.find(({ name }) => name === type)?.name
  if (!networkType) throw new RangeError(`unknown network type in: ${line}`)
  return {
    index,
    prefix,
    networkPrefixId: 701 + index,
    country: country(iso2),
    network,
    networkId: 501 + index,
    networkType,
    networkTypeId: networkTypeId(networkType),
    areas: areas.split(' '),
    numberLength: Number(digits),
    cost: millionths(cost),
    answerRate: Number(answerRate),
    weight: Number(weight),
  }
}
