/* natid_country: whose number it is; see natid.h. */
#include "monitor/pii/natid.h"

#include <strings.h>

static const struct {
	char code[3];
	const char *text;
} countries[] = {{"AD", "of Andorra"}, {"AL", "of Albania"},
    {"AR", "of Argentina"}, {"AT", "of Austria"}, {"AZ", "of Azerbaijan"},
    {"BA", "of Bosnia and Herzegovina"}, {"BE", "of Belgium"},
    {"BG", "of Bulgaria"}, {"BR", "of Brazil"}, {"BY", "of Belarus"},
    {"CH", "of Switzerland"}, {"CL", "of Chile"}, {"CN", "of China"},
    {"CO", "of Colombia"}, {"CR", "of Costa Rica"}, {"CY", "of Cyprus"},
    {"CZ", "of the Czech Republic"}, {"DE", "of Germany"}, {"DK", "of Denmark"},
    {"EC", "of Ecuador"}, {"EE", "of Estonia"}, {"EL", "of Greece"},
    {"ES", "of Spain"}, {"FI", "of Finland"}, {"FR", "of France"},
    {"GB", "of the United Kingdom"}, {"GE", "of Georgia"}, {"GR", "of Greece"},
    {"HK", "of Hong Kong"}, {"HR", "of Croatia"}, {"HU", "of Hungary"},
    {"IE", "of Ireland"}, {"IL", "of Israel"}, {"IN", "of India"},
    {"IS", "of Iceland"}, {"IT", "of Italy"}, {"JP", "of Japan"},
    {"KR", "of Korea"}, {"KZ", "of Kazakhstan"}, {"LI", "of Liechtenstein"},
    {"LT", "of Lithuania"}, {"LU", "of Luxembourg"}, {"LV", "of Latvia"},
    {"MC", "of Monaco"}, {"MD", "of Moldova"}, {"ME", "of Montenegro"},
    {"MK", "of North Macedonia"}, {"MT", "of Malta"}, {"MX", "of Mexico"},
    {"NL", "of the Netherlands"}, {"NO", "of Norway"}, {"PE", "of Peru"},
    {"PL", "of Poland"}, {"PT", "of Portugal"}, {"RO", "of Romania"},
    {"RS", "of Serbia"}, {"RU", "of Russia"}, {"SE", "of Sweden"},
    {"SI", "of Slovenia"}, {"SK", "of Slovakia"}, {"SM", "of San Marino"},
    {"TR", "of Turkey"}, {"TW", "of Taiwan"}, {"UA", "of Ukraine"},
    {"UK", "of the United Kingdom"}, {"US", "of the United States"},
    {"UY", "of Uruguay"}, {"VA", "of the Holy See"}, {"VE", "of Venezuela"},
    {"XK", "of Kosovo"}, {"ZA", "of South Africa"}};

const char *
natid_country(struct span code)
{
	for (size_t i = 0; i < sizeof(countries) / sizeof(countries[0]); i++)
		if (code.len == 2 && strncasecmp((const char *)code.p,
					 countries[i].code, 2) == 0)
			return countries[i].text;
	return NULL;
}
